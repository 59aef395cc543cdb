"""Use cases: the only part of the core that talks to ports."""
