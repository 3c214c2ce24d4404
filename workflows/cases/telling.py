"""What every decision about a case may write: an entry on its timeline, a word to its reporter, a word to those who work on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.effects import Change, Note, Owner, Tell
from bot.envelope import Lane, Purpose
from bot.prompt import Phrase, _, phrase
from workflows.cases.facts import Case, Facts


def note(case: Case, kind: str, **body: Any) -> Note:
    """An entry on the timeline; what says nothing is left out."""
    kept = {name: value for name, value in body.items() if value not in ("", [], None)}
    return Note(case.subject, kind, kept, case.data_key_id)


def written(case: Case, **values: Any) -> Change:
    """These columns of the row that was read are changed; texts that people wrote go in under `sealed`."""
    return Change("set", {"case": case, "values": values})


def tell_reporter(case: Case, words: Phrase, lane: Lane | None = None) -> Tell:
    """To the address they reported from, or their next one; it answers their own report, so a stop of news does not hold it back."""
    lane = lane if lane is not None else Lane.URGENT if case.label == "urgent" else Lane.UPDATE
    return Tell(case.owner, (words,), subject=case.subject, lane=lane, purpose=Purpose.REPLY, address_id=case.address_id)


def tell_staff(case: Case, people: Iterable[int], words: Phrase, *, lane: Lane | None = None) -> list[Tell]:
    """Each of these persons of staff hears it."""
    lane = lane if lane is not None else Lane.URGENT if case.label == "urgent" else Lane.UPDATE
    return [Tell(Owner(person_id=each), (words,), subject=case.subject, lane=lane, purpose=Purpose.WORK) for each in sorted(set(people))]


def tell_duty(facts: Facts, case: Case) -> list[Tell]:
    """The community's duty officer hears that something waits; who is asleep or absent finds it in the list."""
    words = phrase(_("Case {number:digits} waits for a person to look at it."), number=case.number)
    return tell_staff(case, facts.standing.get("community_duty", ()), words)


def working(facts: Facts, case: Case) -> set[int]:
    """Who was asked about a case or has taken it, and may be on their way."""
    return set(facts.asked) | ({case.accepter} if case.accepter else set())
