"""How processes come to be, and how they end."""
