"""Dialogs made from typed models: what a setting of a kind is called, takes and offers."""
