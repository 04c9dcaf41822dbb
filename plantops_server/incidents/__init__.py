"""Incidents: judging breaches, their life, and the outbox of notifications."""
