"""The pages that list the records of a process."""
