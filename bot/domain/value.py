"""What all our models are: values that never change and know all of their fields."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Value(BaseModel):
    """A value of ours: frozen, and closed to fields that it does not have."""

    # Built at its first use: a command needs few of all models, and building all takes a third of its start.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def clean(text: str) -> str:
    """Return a text without halves of letters, which JSON can hold and nothing else."""
    return text.encode("utf-8", "replace").decode()


Clean = Annotated[str, AfterValidator(clean)]


class Excerpt(Value):
    """What is looked at of something that others write; the rest is dropped."""

    model_config = ConfigDict(extra="ignore")
