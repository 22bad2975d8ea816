"""The gate before a datasource: how many calls go through it, for all processes together."""
