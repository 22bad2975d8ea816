"""Who may do what: decided here, and asked by every door."""
