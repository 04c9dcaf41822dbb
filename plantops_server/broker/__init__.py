"""The MQTT broker: the link that carries readings, and the accounts that let devices in."""
