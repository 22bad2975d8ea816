"""What a definition can say and what it gives: values, expressions, conditions, mappings. Pure."""
