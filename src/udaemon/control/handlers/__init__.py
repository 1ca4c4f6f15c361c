"""One file a verb: what the supervisor does when it is asked."""
