"""What all our models are: values that never change and know all of their fields."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A value of ours: frozen, and closed to fields that it does not have."""

    # Built at its first use: a command needs few of all models, and building all takes a third of its start.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Excerpt(Value):
    """What is looked at of something that others write; the rest is dropped."""

    model_config = ConfigDict(extra="ignore")
