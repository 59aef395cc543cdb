"""What may stand in braces in a text, and which texts a group of them needs: so that a file that loads can be filled in."""

from collections.abc import Callable, Collection, Iterator, Mapping
from string import Formatter
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from bot.domain.reply import Cause
from bot.domain.value import Value


class Group(Value):
    """Texts that belong together: frozen, and closed to names that nothing says."""


class Said(Group):
    """What is said where an answer is hoped for: a fact before one question."""

    fact: str
    ask: str


T = TypeVar("T", str, Said)
K = TypeVar("K", bound=Mapping[str, object])


def holes(*names: str) -> AfterValidator:
    """Allow these names in braces, bare, and nothing else."""

    def check(value: T) -> T:
        for text in [value] if isinstance(value, str) else [value.fact, value.ask]:
            for name, spec in _braces(text):
                if name not in names or spec:
                    known = ", ".join(f"{{{known}}}" for known in names) or "no braces at all"
                    msg = f"it holds {{{name}}}, which nothing fills; use {known}"
                    raise ValueError(msg)
        return value

    return AfterValidator(check)


def _braces(text: str) -> Iterator[tuple[str, str]]:
    """Return each name in braces with the conversion or format that follows it."""
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None:
            yield name, f"{spec or ''}{conversion or ''}"


def complete(keys: Collection[str]) -> AfterValidator:
    """Ask for a text under each of these keys and no others."""

    def check(texts: K) -> K:
        missing = [str(key) for key in keys if key not in texts]
        if missing:
            msg = f"these need a text: {', '.join(missing)}"
            raise ValueError(msg)
        unknown = [str(key) for key in texts if key not in keys]
        if unknown:
            msg = f"nothing says these: {', '.join(unknown)}"
            raise ValueError(msg)
        return texts

    return AfterValidator(check)


def within(keys: Collection[str]) -> Callable[[K], K]:
    """Allow texts under these keys only; each may be left out."""

    def check(texts: K) -> K:
        unknown = [str(key) for key in texts if key not in keys]
        if unknown:
            msg = f"nothing says these: {', '.join(unknown)}"
            raise ValueError(msg)
        return texts

    return check


Plain = Annotated[str, Field(min_length=1), holes()]
Named = Annotated[str, holes("pilot")]
Counted = Annotated[str, holes("count")]
Dated = Annotated[str, holes("day")]
Example = Annotated[str, holes("example")]
PerCause = complete(tuple(Cause))
