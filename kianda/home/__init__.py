"""The pages that look over all apps: start page, search, system."""
