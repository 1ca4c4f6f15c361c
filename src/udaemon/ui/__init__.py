"""How facts are shown to a person."""
