"""PlantOps over SSH: the session that a proved key gets, and the two doors to it (docs/ssh.md)."""
