"""The JSON door of users and groups."""
