"""Which modules may be imported once for all daemons: told from their text, wrong to the safe side only."""
