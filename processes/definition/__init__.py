"""What a process is: the document of forms, fields and rules, its checks and differences. Pure."""
