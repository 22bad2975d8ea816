"""Measures the main job (`make bench`): in process, over the API, through the scheduler, the start.

Plain Python beside the product: nothing of it imports from here, and this imports of it only in
the child processes that stand for it. Loopback only; every process started is ended by its id.
"""
