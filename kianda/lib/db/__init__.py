"""What makes many small transactions fast: prepared statements, group commit, the SQLite gate."""
