"""Settings: one schema, from YAML and the environment, checked at start."""
