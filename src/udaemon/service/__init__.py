"""Our processes, each launched and put together in one file. Decides nothing about daemons."""
