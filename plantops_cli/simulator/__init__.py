"""Pots, probes and links as they are in the world, and devices that publish them over real MQTT."""
