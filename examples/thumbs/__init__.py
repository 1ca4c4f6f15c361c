"""thumbs: one daemon in two instances that share the work."""
