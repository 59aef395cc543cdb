"""Records, identities, states and calendars: the words everything else is written in."""
