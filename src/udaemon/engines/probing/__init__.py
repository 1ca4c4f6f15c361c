"""Asks daemons whether they are ready and well, in a process of its own; `client.py` is the supervisor's end."""
