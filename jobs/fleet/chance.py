"""The one place the demo takes its dice from: the same seed gives the same firm, day for day."""

from numpy.random import Generator as Chance  # noqa: TID251  an invented firm needs dice, seeded and here only
from numpy.random import default_rng  # noqa: TID251  as above

__all__ = ["Chance", "make_chance"]


def make_chance(seed: int, branch: int) -> Chance:
    """Return the dice of one branch of the firm (a pilot, or the firm itself), apart from all others."""
    return default_rng([seed, branch])
