"""The library of designs: catalogue, recycle bin, export and import."""
