"""Start pages: what administrators put on Home, and what of it a reader may see."""
