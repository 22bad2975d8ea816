"""The rows of designs: drafts and versions, what they refer to, who uses them."""
