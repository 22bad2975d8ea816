"""The JSON doors of datasources."""
