"""Plants: registry, species, thresholds, state, trust."""
