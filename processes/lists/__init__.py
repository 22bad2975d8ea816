"""Lists of the records of a process: what a person may read of them, found, sorted and counted."""
