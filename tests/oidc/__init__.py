"""A real provider of OpenID Connect, of another maker, as a process of its own."""
