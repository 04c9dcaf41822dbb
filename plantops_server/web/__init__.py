"""Doors for browsers: server-rendered pages that work without scripts, and are live with them."""
