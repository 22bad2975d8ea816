"""Runs: triggered, executed, checkpointed under a lease, recovered."""
