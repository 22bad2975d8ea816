"""What the product tells people by itself: lines behind the bell."""
