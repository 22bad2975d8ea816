"""What has happened to a record, as its people read it: who did what, and when."""
