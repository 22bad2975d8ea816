"""What the pages of all apps share: middleware, page rendering, forms sent once, times in words."""
