"""A record on paper: what of it is printed, and the PDF of it."""
