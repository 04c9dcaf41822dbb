"""Devices: hardware with credentials. Who may enrol, who is registered, who was heard when."""
