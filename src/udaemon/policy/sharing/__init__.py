"""Which modules may be imported once for all daemons, decided from their source, wrong to the safe side only."""
