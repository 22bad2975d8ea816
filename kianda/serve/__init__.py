"""The processes under `manage.py serve`: a parent, its services, the broker, beat."""
