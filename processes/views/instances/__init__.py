"""The pages of instances: lists, the form page, history, runs and their traces, my work."""
