"""Readings: packets, storage, roll-ups, history."""
