"""Editing a definition piece by piece, before it is whole: pure, and knows no Django.

A working copy may be broken, so everything here bears with any JSON. Pieces are known by targets:
`process`, `form:<name>`, `field:<name>`, `rule:<id>`.
"""
