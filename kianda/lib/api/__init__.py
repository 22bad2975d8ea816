"""What every API view shares: JSON, pages of lists, problems, ETags, throttling."""
