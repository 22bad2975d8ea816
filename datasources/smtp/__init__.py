"""Speaking SMTP to the servers of mail accounts, under the guard and deadlines of all calls."""
