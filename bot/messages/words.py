"""How people say an answer: phrases as data, compared word by word. Nothing is weighed or scored."""

from typing import Annotated, Final

from pydantic import AfterValidator, model_validator

from bot.domain.reply import Cause
from bot.domain.value import Value

OPENING: Final = ("blocked", "snooze", "step")
"""Answers with a detail: they open a sentence whose rest is read further."""


def _as_compared(phrases: tuple[str, ...]) -> tuple[str, ...]:
    for phrase in phrases:
        if not phrase or phrase != " ".join(phrase.casefold().split()) or phrase[-1] in ".,;:!?":
            msg = f"write {phrase!r} in lower case, with single spaces and without a sign at its end"
            raise ValueError(msg)
    return phrases


Phrases = Annotated[tuple[str, ...], AfterValidator(_as_compared)]


class Words(Value):
    """Phrases by what they do. A phrase is one or more words in lower case."""

    before: Phrases
    """May stand before an answer and say nothing."""
    after: Phrases
    """May stand after an answer and say nothing."""
    whole: dict[str, Phrases]
    """By answer: the sentence is this phrase and nothing else."""
    opens: dict[str, Phrases]
    """By answer: the sentence begins with this phrase, its detail follows."""
    detailed: Phrases
    """Those of `opens.blocked` that mean something only beside a cause or a name."""
    ends: Phrases
    """A sentence about a cause or a person that ends so says that something is in the way."""
    took_over: Phrases
    """After a name: that person has the pilot now."""
    handed_to: Phrases
    """Before a name: that person has the pilot now."""
    stop: Phrases
    """Says stop, and leaves open what."""
    moved: Phrases
    """A moment follows to which a step was moved."""
    no_step: Phrases
    """After "I will": no step, but a way of saying something else."""
    until: Phrases
    """A day follows on which something ends."""
    whose: Phrases
    """A person may follow."""
    no_name: Phrases
    """Written with a capital letter at times, and nobody's name."""
    hedges: Phrases
    """Beside a plain answer these may turn it around, so the answer is not taken."""
    clears: Phrases
    """After a name: that person could clear what is in the way."""
    empty: Phrases
    """After the words for something in the way: nothing is."""
    over: Phrases
    """Beside something in the way these say that it no longer is."""
    offered: dict[str, Phrases]
    """By the key of an answer that others than owners are offered: what they say begins with this."""
    leads: Phrases
    """Lead from such an answer to words of their own, and say nothing."""
    yes: Phrases
    no: Phrases
    causes: dict[Cause, Phrases]

    @model_validator(mode="after")
    def _one_meaning(self) -> "Words":
        """Refuse a phrase with two meanings, and an answer that can't be said."""
        seen: dict[str, str] = {}
        said = [*self.whole.items(), *self.opens.items(), ("stop", self.stop), ("moved", self.moved)]
        said += [*self.causes.items()]
        for meaning, phrases in said:
            for phrase in phrases:
                if seen.setdefault(phrase, meaning) != meaning:
                    msg = f"{phrase!r} means both {seen[phrase]} and {meaning}"
                    raise ValueError(msg)
        if set(self.opens) != set(OPENING):
            msg = f"opens needs {', '.join(OPENING)} and nothing else"
            raise ValueError(msg)
        missing = [cause for cause in Cause if cause not in self.causes and cause is not Cause.OTHER]
        if missing:
            msg = f"these causes need a phrase: {', '.join(missing)}"
            raise ValueError(msg)
        return self
