"""Tags and filters of the pages of processes."""
