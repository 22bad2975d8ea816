"""Single sign-on: what django-allauth asks the product about it, and stricter checks."""
