"""The command line: scripts and people drive PlantOps with it."""
