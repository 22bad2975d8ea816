"""A button pressed on many instances: asked for, carried out by workers, stopped, reported."""
