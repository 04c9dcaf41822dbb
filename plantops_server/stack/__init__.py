"""What `plantops up` runs: embedded PostgreSQL and a private Mosquitto, supervised."""
