"""The rows of instances: claimed, leased, locked, changed, moved to other versions."""
