"""Pages of start pages: their administration, and their tiles on Home."""
