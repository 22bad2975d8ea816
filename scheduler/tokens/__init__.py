"""Kept tokens: which fields hold one, until when it lives, and how it is."""
