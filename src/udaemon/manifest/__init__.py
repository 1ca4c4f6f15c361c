"""What the operator asked for: a manifest as frozen values, and the way from a file to them."""
