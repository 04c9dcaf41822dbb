"""The terminal interface, over the HTTP API and its event stream only."""
