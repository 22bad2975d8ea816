"""Operating the product: health, metrics, self-check, logs, backups, checks before a start."""
