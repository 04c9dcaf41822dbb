"""The wire: what PlantOps servers and clients say to each other. Imports nothing else of ours."""

__version__ = "0.1.0"
