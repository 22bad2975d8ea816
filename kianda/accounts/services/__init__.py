"""What is done with people and keys: users, groups, tokens, profiles, audit, key ring."""
