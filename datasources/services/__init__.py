"""What is done with datasources: saved, tested, called; each checks who may."""
