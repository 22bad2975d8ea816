"""Single sign-on: its pages for people, and those of administrators."""
