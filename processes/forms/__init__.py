"""The forms of an instance as controls: what stands in them, and what a person typed."""
