"""The pages of the library: list, versions, the definition as text, recycle bin, transfer."""
