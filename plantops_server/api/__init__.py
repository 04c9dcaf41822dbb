"""Doors of the HTTP API: parse, call, render. The only place that knows FastAPI, beside web/."""
