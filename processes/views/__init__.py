"""The pages of designs, instances and runs: doors that parse, call one service, and render."""
