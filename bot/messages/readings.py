"""The readings of free words: one function for each kind of answer, by the phrases of the data file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.messages.answers import LONGEST_ACTION, LONGEST_PERSON
from bot.messages.days import UNCLEAR
from bot.messages.details import (
    FIRM,
    LONGEST,
    Detail,
    Gathered,
    Spoken,
    find_day,
    find_moments,
    find_name,
    find_person,
    find_until,
)
from bot.messages.phrases import SIGNS, Clause, contains, ends, find_causes, starts, to_words


@dataclass(slots=True, kw_only=True)
class Draft(Gathered):
    """One reading of an owner's words: its answer, and what was found."""

    choice: str


def read_drafts(spoken: Spoken, labels: Mapping[str, str]) -> list[Draft]:
    """Return the readings that hold, at most one for each answer.

    A plain answer does not hold beside words that could turn it around ("on track, but ...").
    """
    labelled = _by_label(spoken, labels)
    if labelled:
        return [labelled]
    detailed = [draft for draft in (_snooze(spoken), _step(spoken), _blocked(spoken)) if draft]
    plain = [draft for draft in _plain(spoken) if draft.choice not in {each.choice for each in detailed}]
    covered = set().union(*(draft.covers for draft in [*plain, *detailed]))
    left = [token.word for n, token in enumerate(spoken.tokens) if n not in covered]
    is_open = contains(left, spoken.known.hedges) or bool(find_causes(left, spoken.known))
    return detailed if is_open else [*plain, *detailed]


def says_stop(spoken: Spoken) -> bool:
    """Whether a text says stop and leaves open what."""
    planned = [spoken.words(end, clause.end) for clause, _, end in _openings(spoken, spoken.known.opens["step"])]
    stages = [spoken.words(*stage) for clause in spoken.clauses for stage in _stages(spoken, clause)]
    return any(_means_stop(spoken, words) for words in planned) or any(
        starts(words, spoken.known.stop) for words in stages
    )


def _stages(spoken: Spoken, clause: Clause) -> Iterator[tuple[int, int]]:
    """Return the clause, then less and less of what may stand around an answer and says nothing."""
    first, end = clause.first, clause.end
    yield first, end
    while first < end:
        before = starts(spoken.words(first, end), spoken.known.before)
        after = 0 if before else ends(spoken.words(first, end), spoken.known.after)
        if not before and not after:
            return
        first, end = first + before, end - after
        if first < end:
            yield first, end


def _openings(spoken: Spoken, phrases: tuple[str, ...]) -> Iterator[tuple[Clause, int, int]]:
    """Return each clause that opens with one of these phrases, and the words the phrase takes."""
    for clause in spoken.clauses:
        for first, _ in _stages(spoken, clause):
            taken = starts(spoken.words(first, clause.end), phrases)
            if taken:
                yield clause, first, first + taken
                break


def _by_label(spoken: Spoken, labels: Mapping[str, str]) -> Draft | None:
    """Read an answer that is said as it is written on its button, or as the first part of that."""
    said = " ".join(spoken.words(0))
    full = {key: " ".join(to_words(label)) for key, label in labels.items()}
    first = {key: " ".join(to_words(label.partition(",")[0])) for key, label in labels.items()}
    keys = [key for key in full if said in {full[key], first[key]}]
    return Draft(choice=keys[0], covers=set(range(len(spoken.tokens)))) if len(keys) == 1 else None


def _plain(spoken: Spoken) -> list[Draft]:
    """Read answers that are a whole sentence, and that somebody else has the pilot."""
    meanings = {phrase: choice for choice, phrases in spoken.known.whole.items() for phrase in phrases}
    found: dict[str, Draft] = {}
    for clause in spoken.clauses:
        said = [meanings.get(" ".join(spoken.words(*stage))) for stage in _stages(spoken, clause)]
        other = _names_another(spoken, clause)
        choice = next(filter(None, said), "not_me" if other else None)
        if choice:
            draft = found.setdefault(choice, Draft(choice=choice))
            draft.covers |= set(range(clause.first, clause.end))
            draft.keep("person", other if choice == "not_me" else None)
    return list(found.values())


def _names_another(spoken: Spoken, clause: Clause) -> Detail | None:
    """Return the person of whom a clause says that they have the pilot now."""
    for first, end in _stages(spoken, clause):
        name = find_name(spoken, first)
        if name and " ".join(spoken.words(name.end, end)) in spoken.known.took_over:
            return name
        taken = starts(spoken.words(first, end), spoken.known.handed_to)
        handed = find_name(spoken, first + taken) if taken else None
        if handed:
            return handed
    return None


def _snooze(spoken: Spoken) -> Draft | None:
    """Read "ask me in two weeks": the words that open it, and a day right after them."""
    for clause, first, end in _openings(spoken, spoken.known.opens["snooze"]):
        day = find_day(spoken, end)
        led = FIRM & {*spoken.words(end - 1, end), *spoken.words(end, end + 1)}
        if day or led:
            draft = Draft(
                choice="snooze", covers=set(range(clause.first, clause.end)) if led else set(range(first, end))
            )
            draft.keep("until", day or Detail(UNCLEAR, first, end))
            return draft
    return None


def _step(spoken: Spoken) -> Draft | None:
    """Read "I will ... on Thursday at 10:00", the moment before or after the step."""
    for _, first, end in _openings(spoken, spoken.known.moved):
        moments = find_moments(spoken, [range(end, min(end + LONGEST, len(spoken.tokens)))])
        if moments and min(moment.first for moment in moments) == end:
            draft = Draft(choice="step", covers=set(range(first, end)))
            draft.keep("at", moments[0])
            return draft
    for clause in spoken.clauses:
        for n in range(clause.first, clause.end):
            taken = starts(spoken.words(n, clause.end), spoken.known.opens["step"])
            if taken:
                return _planned(spoken, clause, n, n + taken)
    return None


def _planned(spoken: Spoken, clause: Clause, first: int, end: int) -> Draft | None:
    """Read the step whose opening words stand from `first` up to `end`, unless they say something else."""
    lead = range(clause.first, first)
    idle = first in {clause.first, *(stage[0] for stage in _stages(spoken, clause))}
    rest = spoken.words(end)
    if not rest or starts(rest, spoken.known.no_step) or _means_stop(spoken, rest):
        return None
    if not idle and not find_moments(spoken, [lead]):
        return None
    said = range(end, _last_said(spoken))
    draft = Draft(choice="step", covers={*range(clause.first, end), *said})
    moments = find_moments(spoken, [lead, said])
    for moment in moments:
        draft.keep("at", moment)
    action = _action(spoken, said, {n for moment in moments for n in range(moment.first, moment.end)})
    if action and len(action) <= LONGEST_ACTION:
        draft.values["action"] = action
    return draft


def _last_said(spoken: Spoken) -> int:
    """Return where the words end, without clauses at the end that only say thanks."""
    last = len(spoken.tokens)
    for clause in reversed(spoken.clauses):
        first, end = [*_stages(spoken, clause)][-1]
        if " ".join(spoken.words(first, end)) not in {*spoken.known.after, *spoken.known.before}:
            break
        last = clause.first
    return last


def _action(spoken: Spoken, said: range, taken: set[int]) -> str:
    """Return the words of a step without its moment: those of the clauses up to it, else those after it."""
    bounds = [clause.end for clause in spoken.clauses if taken and clause.end > max(taken)]
    bound = bounds[0] if bounds else said.stop
    for part in (range(said.start, bound), range(bound, said.stop)):
        words = [n for n in part if n not in taken]
        if words:
            return " ".join(spoken.tokens[n].raw for n in words).strip(SIGNS + " ")
    return ""


def _means_stop(spoken: Spoken, words: list[str]) -> bool:
    """Whether words speak of stopping something, as far as one can tell from their beginning."""
    taken = starts(words, spoken.known.stop)
    return taken > 1 or (taken == 1 and len(words) == 1)


def _blocked(spoken: Spoken) -> Draft | None:
    """Read that something is in the way: a phrase that opens or ends a clause, or the cause alone."""
    covers, named = _in_the_way(spoken)
    clears = _who_clears(spoken)
    said = spoken.words(0) if clears is None else [*spoken.words(0, clears.first), *spoken.words(clears.end)]
    if not covers or contains(said, spoken.known.over):
        return None
    draft = Draft(choice="blocked", covers=covers)
    until, person = find_until(spoken), clears or named or find_person(spoken)
    draft.keep("until", until)
    if person and len(str(person.value)) <= LONGEST_PERSON:
        draft.keep("person", person)
    taken = {n for found in (until, person) if found for n in range(found.first, found.end)}
    causes = find_causes(["" if n in taken else word for n, word in enumerate(spoken.words(0))], spoken.known)
    if len(causes) == 1:
        draft.values["cause"] = causes.pop().value
    return draft


def _who_clears(spoken: Spoken) -> Detail | None:
    """Return the person of whom a text says that they could clear it, with the words that say so."""
    for n in range(len(spoken.tokens)):
        name = find_name(spoken, n)
        taken = starts(spoken.words(name.end), spoken.known.clears) if name else 0
        if name and taken:
            return Detail(name.value, name.first, name.end + taken)
    return None


def _in_the_way(spoken: Spoken) -> tuple[set[int], Detail | None]:
    """Return the words by which a text says that something is in the way, and the person it names beside them."""
    known = spoken.known
    covers: set[int] = set()
    person: Detail | None = None
    for clause, first, end in _openings(spoken, known.opens["blocked"]):
        name = find_name(spoken, end)
        is_loose = " ".join(spoken.words(first, end)) in known.detailed
        if is_loose and not name and not find_causes(spoken.words(first, clause.end), known):
            continue
        if not starts(spoken.words(end), known.empty):
            covers |= set(range(clause.first, len(spoken.tokens)))
            person = person or name
    for clause in spoken.clauses:
        taken = ends(spoken.words(clause.first, clause.end), known.ends)
        head = spoken.words(clause.first, clause.end - taken)
        name = find_name(spoken, clause.first)
        if taken and (name or find_causes(head, known)) and not contains(head, known.hedges):
            covers |= set(range(clause.first, clause.end))
            person = person or name
    return covers or _cause_alone(spoken), person


def _cause_alone(spoken: Spoken) -> set[int]:
    """Return all words when they are one cause and nothing else."""
    words = spoken.words(0, _last_said(spoken))
    phrases = tuple(phrase for each in spoken.known.causes.values() for phrase in each)
    return set(range(len(spoken.tokens))) if words and starts(words, phrases) == len(words) else set()
