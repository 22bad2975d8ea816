"""The sandbox: an OAuth 2.0 token service of our own, with every fault that real ones show.

It is a process of its own, needs no Django, listens on loopback only and keeps its state in one
SQLite file, so that a killed sandbox knows all its tokens again.
"""
