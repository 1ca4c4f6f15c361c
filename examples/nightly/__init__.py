"""A night's work: jobs that share a database, and one that follows another."""
