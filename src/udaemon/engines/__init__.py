"""How processes are started, and how they end."""
