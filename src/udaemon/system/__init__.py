"""What the kernel gives and tells, read or kept in one place for all rooms."""
