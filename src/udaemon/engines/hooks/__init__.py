"""Tells commands and webhooks of events, in a process of its own; `client.py` is the supervisor's end."""
