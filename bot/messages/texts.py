"""The words of every message as a validated model; the data file is loaded by an adapter."""

from string import Formatter
from typing import Final

from pydantic import BaseModel, ConfigDict, model_validator

from bot.domain.finding import Kind
from bot.domain.reply import Cause

FILLED: Final = frozenset({"pilot", "evidence", "small_step", "day", "action", "cause"})
"""Names that a text may hold in braces."""

CHOICES: Final = ("on_track", "blocked", "step", "snooze", "done", "not_me", "stop_asking")


class Texts(BaseModel):
    """Every text by its use; braces hold one of the names in FILLED and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nudge: str
    small_question: str
    follow_up: str
    commitment_check: str
    block_check: str
    recovery: str
    recovery_registry: str
    small_steps: dict[Kind, str]
    causes: dict[Cause, str]
    choices: dict[str, str]
    footer: str

    @model_validator(mode="after")
    def _complete(self) -> "Texts":
        """Refuse a missing cause, choice or step, and braces that nothing fills."""
        missing = [c for c in Cause if c not in self.causes] + [c for c in CHOICES if c not in self.choices]
        missing += [k for k in (Kind.DROP_OFF, Kind.STALL, Kind.STAGE_AGE) if k not in self.small_steps]
        if missing:
            msg = f"these need a text: {', '.join(missing)}"
            raise ValueError(msg)
        for name, text in self._all():
            unknown = {field for _, field, _, _ in Formatter().parse(text) if field is not None} - FILLED
            if unknown:
                msg = f"{name} holds {{{min(unknown)}}}, which nothing fills; use one of {sorted(FILLED)}"
                raise ValueError(msg)
        return self

    def _all(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for name, value in self:
            parts = value.items() if isinstance(value, dict) else [(name, value)]
            found += [(f"{name}.{key}" if isinstance(value, dict) else name, text) for key, text in parts]
        return found
