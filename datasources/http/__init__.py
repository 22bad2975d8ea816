"""Sending: guarded connections, deadlines, redirects, failures in words."""
