"""What makes many small transactions fast: prepared statements, run slots, the SQLite gate."""
