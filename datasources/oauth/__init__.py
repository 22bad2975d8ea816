"""The protocol of OAuth 2: requests to token endpoints, and what comes back. Plain Python."""
