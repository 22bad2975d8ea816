"""The designer: a working copy, edits of it, and who else has it open."""
