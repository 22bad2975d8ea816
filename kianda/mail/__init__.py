"""Mail: letters are rows first, and leave by a worker."""
