"""What the pictures say: contents of screens, their families of errors, and simulated perception of them."""
