"""disk: a periodic task, the ordinary kind."""
