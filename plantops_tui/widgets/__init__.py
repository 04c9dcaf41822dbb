"""Widgets, one file each. They draw what they are given and fetch nothing."""
