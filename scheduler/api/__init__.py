"""The JSON door of the scheduler, and that of web hooks."""
