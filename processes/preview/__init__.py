"""Trying a draft: an instance of its own, and the rule debugger."""
