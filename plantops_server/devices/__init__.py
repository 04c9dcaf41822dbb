"""Devices: enrolment, credentials, presence."""
