"""The JSON door of processes."""
