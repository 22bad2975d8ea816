"""The designer: three panes over the working copy of a design, and the acts on it."""
