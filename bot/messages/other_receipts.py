"""What is answered to a reply that is about somebody else: before a wish leaves, after an Ask, after a decision."""

from collections.abc import Callable

from bot.domain.ask import Request, RequestState
from bot.domain.case import Case
from bot.domain.decision import OpenDecision, Verdict
from bot.domain.outreach import Role
from bot.domain.reply import (
    BlockedBy,
    Cause,
    ChangeRequest,
    Cleared,
    Decide,
    DontKnow,
    Elsewhere,
    HandOver,
    HoldRequest,
    NeedsFirst,
    NotMe,
    Object,
    Promise,
    ProposeStop,
    PutUp,
    Reply,
    SnoozeUntil,
    WithdrawRequest,
)
from bot.messages.asks import LONGEST_OWNER, About, by_day, quoted, seen_by, unblock
from bot.messages.model import Receipt
from bot.messages.plain import set_apart
from bot.messages.texts import Texts
from bot.messages.wording import LONGEST_NAME, shorten

Follows = Request | OpenDecision | None


def receipt_of_others(
    before: Case, after: Case, reply: Reply, about: About, texts: Texts, follows: Follows = None
) -> Receipt | None:
    """Return what is said to a reply that is about somebody else; None where it is the owner's own matter.

    A reply that changed nothing is answered where all others are.
    """
    if after == before or reply.key in before.applied:
        return None
    said = _Receipts(before, after, about, texts)
    if isinstance(reply.answer, BlockedBy):
        text = said.named() if reply.role is Role.LEAD else said.blocked(reply.answer, follows)
    else:
        build = said.by_kind().get(type(reply.answer))
        text = build(reply) if build else None
    return Receipt(text=text) if text else None


class _Receipts:
    """Writes them for one reply."""

    def __init__(self, before: Case, after: Case, about: About, texts: Texts) -> None:
        self._before, self._after, self._about, self._texts = before, after, about, texts
        self._said = texts.others.receipts

    def by_kind(self) -> dict[type, Callable[[Reply], str | None]]:
        """Return what writes the receipt of each kind of answer."""
        return {
            Cleared: lambda _: self._said.cleared,
            Promise: self._promise,
            NeedsFirst: self._needs,
            Elsewhere: lambda reply: self._said.elsewhere.format(other=_person(reply)),
            Object: self._object,
            Decide: self._decide,
            ProposeStop: lambda _: self._propose_stop(),
            HandOver: lambda reply: self._said.hand_over.format(person=_person(reply)),
            HoldRequest: lambda _: self._held(),
            ChangeRequest: lambda _: self._changed(),
            WithdrawRequest: lambda _: self._texts.others.preview.withdrawn,
            DontKnow: lambda _: self._said.dont_know,
            NotMe: self._not_me,
            SnoozeUntil: self._later,
            PutUp: lambda _: self._raised(),
        }

    def blocked(self, answer: BlockedBy, follows: Follows) -> str | None:
        """Say what was noted, and what is to be asked of whom; the text itself is shown."""
        preview = self._texts.others.preview
        noted = self._said.blocked.format(cause=self._texts.causes[answer.cause])
        if isinstance(follows, OpenDecision):
            return f"{noted} {preview.decision.format(sponsor=self._about.other, day=self._about.day(follows.due))}"
        if answer.cause is Cause.TARGETS:
            return f"{noted} {preview.human}"
        made = next((r for r in self._after.requests if r not in self._before.requests and r.is_live), None)
        if made is not None:
            return f"{noted} {self._preview(made)}\n{preview.how}"
        if isinstance(follows, Request) and follows.state is RequestState.UNSENT:
            return f"{noted} {preview.nobody.format(name=shorten(follows.name, LONGEST_NAME))}\n{self._text(follows)}"
        if self._after.listed_on is not None and self._after.block is not None and answer.person is None:
            day = self._about.day(self._after.block.until)
            return self._said.blocked_by_whom.format(cause=self._texts.causes[answer.cause], day=day)
        return f"{noted} {preview.own}" if follows is None and answer.person else None

    def named(self) -> str:
        """Say whom a programme lead has just named is asked, and when; the sponsor decides instead."""
        fresh = (r for r in self._after.requests if r.by_lead and r not in self._before.requests)
        made = next(fresh, None)
        said = self._texts.weekly.lead.receipts
        if made is None:
            return self._raised()
        return self._preview(made, said.name if self._about.is_owner_told else said.name_alone)

    def _raised(self) -> str:
        opened = self._after.decision
        day = self._about.day(opened.due) if opened else ""
        return self._texts.weekly.lead.receipts.sponsor.format(sponsor=self._about.other, day=day)

    def _preview(self, request: Request, how: str | None = None) -> str:
        told = how or self._texts.others.preview.told
        fills = {
            "name": shorten(request.name, LONGEST_NAME),
            "day": self._about.day(max(request.leaves_on, self._about.today)),
        }
        return f"{told.format(**fills)}\n{self._text(request)}"

    def _text(self, request: Request) -> str:
        return set_apart(quoted(unblock(self._about, request, self._texts)))

    def _held(self) -> str:
        preview = self._texts.others.preview
        shown = self._shown()
        was_held = any(r.hold_reason for r in self._before.requests if r.state is RequestState.SHOWN)
        text = preview.held_before if was_held else preview.held
        return text.format(day=self._about.day(shown.held_until)) if shown and shown.held_until else preview.late

    def _changed(self) -> str:
        shown = self._shown()
        preview = self._texts.others.preview
        return self._preview(shown, preview.changed) if shown else preview.late

    def _shown(self) -> Request | None:
        shown = [r for r in self._after.requests if r.state is RequestState.SHOWN]
        return shown[-1] if shown else None

    def _promise(self, reply: Reply) -> str:
        day = reply.answer.on if isinstance(reply.answer, Promise) else self._about.today
        return self._said.promise.format(day=self._about.day(day))

    def _not_me(self, reply: Reply) -> str | None:
        if reply.role is Role.SPONSOR:
            return self._said.not_sponsor
        return self._said.not_mine.format(owner=self._owner()) if reply.role is Role.UNBLOCKER else None

    def _later(self, reply: Reply) -> str | None:
        if reply.role is Role.OWNER or not isinstance(reply.answer, SnoozeUntil):
            return None
        if reply.role is Role.LEAD:
            return self._texts.weekly.lead.receipts.look.format(day=self._about.day(reply.answer.until))
        return self._said.later.format(day=self._about.day(reply.answer.until))

    def _owner(self) -> str:
        return shorten(self._about.owner, LONGEST_OWNER)

    def _needs(self, reply: Reply) -> str:
        return self._said.sponsor_needs if reply.role is Role.SPONSOR else self._said.needs.format(owner=self._owner())

    def _object(self, reply: Reply) -> str:
        has_words = isinstance(reply.answer, Object) and reply.answer.words
        text = self._said.object if has_words else self._said.object_silent
        return text.format(seen_by=seen_by(self._about, self._texts), days=self._after.playbook.objection_kept_days)

    def _decide(self, reply: Reply) -> str | None:
        if not isinstance(reply.answer, Decide):
            return None
        verdict, until = reply.answer.verdict, reply.answer.until
        if verdict is Verdict.STOP:
            return self._said.stop
        if verdict is Verdict.SCALE:
            return self._said.scale.format(by=by_day(verdict, until, self._about.today))
        return self._said.fix.format(day=self._about.day(until)) if until else None

    def _propose_stop(self) -> str:
        opened = self._after.decision
        if opened is None:
            return self._said.propose_stop_nobody
        return self._said.propose_stop.format(sponsor=self._about.other, day=self._about.day(opened.due))


def _person(reply: Reply) -> str:
    return shorten(str(getattr(reply.answer, "person", "")), LONGEST_NAME)
