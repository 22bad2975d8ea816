"""The addresses of the pages of data sources."""

ONE = "/datasources/token-service/"
METHOD = f"{ONE}methods/refresh-token/"
