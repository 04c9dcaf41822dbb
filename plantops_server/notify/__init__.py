"""Delivery of one notification to one channel."""
