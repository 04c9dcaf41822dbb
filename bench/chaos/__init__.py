"""Faults on purpose: what a device was told is safe must be there afterwards, once."""
