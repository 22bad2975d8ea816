"""The preview of a draft: a frame with its form, and the rule debugger beside it."""
