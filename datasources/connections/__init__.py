"""Connections: tokens that are refreshed once, by one process, and never lost."""
