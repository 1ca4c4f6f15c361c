"""What runs inside a daemon's own process: the loop, its context, and the scoreboard it writes."""
