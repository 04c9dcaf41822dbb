"""Towards the MQTT broker: the acknowledging link and the accounts of devices."""
