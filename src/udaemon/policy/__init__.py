"""What should happen next. Pure: time is an argument, processes and files are unknown here."""
