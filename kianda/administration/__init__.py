"""The pages of accounts: profile, users, API tokens, audit log."""
