"""Pages of people who ask and decide: a request started and sent, a button pressed in a list."""
