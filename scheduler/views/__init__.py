"""The pages of scheduled tasks."""
