"""Files of instances: uploaded, stored outside the database, downloaded, pruned."""
