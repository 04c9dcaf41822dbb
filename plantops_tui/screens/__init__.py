"""Screens: each holds its data, fetches it in workers, and tells its widgets what to draw."""
