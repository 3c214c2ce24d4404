"""What residents may do with what is kept of them, and what follows. Pure, and the only door-keeper of this room.

Everybody acts for themselves: a record is kept, changed and deleted from its owner's own address, and nobody else is kept for good
before they have said yes from theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from bot.effects import Change, Command, Decision, Drop, Effect, Later, Order, Owner, Put, Tell
from bot.envelope import Purpose
from bot.errors import NotAllowed
from bot.prompt import Phrase, _, phrase
from workflows.residents.facts import Code, Facts
from workflows.residents.words import (
    ALONE,
    DAYS_TO_ANSWER,
    HEALTH,
    HELPER,
    INVITATIONS,
    OF_HEALTH,
    AnswerInvitation,
    CheckHome,
    CodeSent,
    EndInvitation,
    EraseForGood,
    ForgetMe,
    Forgotten,
    Invite,
    Invited,
    KeepRecord,
    Kept,
    Missing,
    NumberSeen,
    ReadCode,
    ReadRecord,
    Record,
    SeeNumber,
    SendCode,
    Spot,
    Tried,
    TryCode,
)

CODE_IS_GOOD_FOR = timedelta(minutes=15)
MOST_TRIES = 5
LAST_WORDS_ARRIVE = timedelta(hours=1)  # what we say last must reach them before their number is gone
QUIET_FOR = timedelta(hours=24)  # who writes after asking to be deleted may have changed their mind, or be in need


def decide(facts: Facts, order: Order) -> Decision[Any]:
    """The answer to one command about a resident, and its effects.

    Raises `NotAllowed` with a sentence when the actor may not do this.
    """
    return RULES[type(order.command)](facts, order)


def _read_record(facts: Facts, order: Order) -> Decision[Record]:
    return Decision(facts.record)


def _check_home(facts: Facts, order: Order) -> Decision[Missing]:
    return Decision(facts.missing)


def _read_code(facts: Facts, order: Order) -> Decision[Spot]:
    return Decision(facts.spot)


def _see_number(facts: Facts, order: Order) -> Decision[NumberSeen]:
    return Decision(facts.seen)


def _keep(facts: Facts, order: Order) -> Decision[Kept]:
    command = order.command
    assert isinstance(command, KeepRecord)
    _themselves(order)
    needs = command.needs
    if needs is not None:
        _known_needs(needs)
        agreed = {*facts.record.consents, *(each.kind for each in command.agreed)}
        if HEALTH not in agreed and set(needs) & set(OF_HEALTH):
            raise NotAllowed(_("What concerns somebody's health is kept only with their separate consent."))
    if command.is_shared and (facts.record.is_registered or command.place is None):
        raise NotAllowed(_("A phone is shared by a household from its registration on."))
    person_id = order.actor.owner.person_id or 0
    effects: tuple[Effect, ...] = (Change("keep", {"command": command, "agreed": facts.agreed(command.agreed)}),)
    if person_id:
        effects = (Drop(leaving(person_id), "registered again"), *effects)
    return Decision(Kept(person_id), effects)


def _known_needs(needs: tuple[str, ...]) -> None:
    if unknown := set(needs) - {ALONE, *OF_HEALTH}:
        raise NotAllowed(_("There is no such need: {needs}."), needs=", ".join(sorted(unknown)))


def _invite(facts: Facts, order: Order) -> Decision[Invited]:
    command = order.command
    assert isinstance(command, Invite)
    inviter = _person(order)
    if facts.seen.state != "ok" or facts.there.person_id is None:
        raise NotAllowed(_("Nobody can be asked at this number."))
    invitee = facts.there.person_id
    subject = invitation(inviter, invitee, command.role)
    ends = EndInvitation(inviter, invitee, command.role)
    before = phrase(BEFORE[command.role], name=facts.name)
    effects: tuple[Effect, ...] = (
        Drop(subject, "asked again"),
        Change("invite", {"invitee": invitee, "command": command}),
        Put(
            owner=facts.there,
            flow="invited",
            args={"inviter": inviter, "role": command.role},
            ask=INVITATIONS[command.role],
            subject=subject,
            before=(before,),
            purpose=Purpose.REPLY,
            then=ends,
        ),
        Later(order.now + DAYS_TO_ANSWER, ends, subject),
    )
    return Decision(Invited(invitee), effects)


BEFORE = {
    HELPER: _("This is Anlin. {name} would like you to be who we ring when we cannot reach them."),
    "family": _("This is Anlin. {name} has given us your home and number, so that you are found in need."),
}


def _answer_invitation(facts: Facts, order: Order) -> Decision[Kept]:
    command = order.command
    assert isinstance(command, AnswerInvitation)
    invitee = _person(order)
    if not facts.invitation:
        raise NotAllowed(_("Nobody has asked this person."))
    fields = {"inviter": command.inviter, "role": command.role, "agreed": facts.agreed(command.agreed)}
    return Decision(
        Kept(invitee),
        (
            Drop(facts.invitation, "answered"),
            Change("accept" if command.accepts else "refuse", fields),
            _tell(command.inviter, SAID_YES[command.role] if command.accepts else _SAID_NO, subject=facts.invitation),
        ),
    )


SAID_YES = {
    HELPER: _("Who you asked to help you has said yes."),
    "family": _("Who you registered has agreed. We know now where to find them."),
}
_SAID_NO = _("Who you asked has said no. What we had of them is deleted.")
_NO_ANSWER = _("Who you asked has not answered, or our words do not arrive there. What we had of them is deleted. AGENT: a person visits.")


def _end_invitation(facts: Facts, order: Order) -> Decision[Kept]:
    command = order.command
    assert isinstance(command, EndInvitation)
    _clock_only(order)
    if not facts.is_waiting:
        return Decision(Kept())
    subject = invitation(command.inviter, command.invitee, command.role)
    return Decision(
        Kept(command.invitee),
        (
            Drop(subject, "no answer"),
            Change("forget_stranger", {"person_id": command.invitee}),
            _tell(command.inviter, _NO_ANSWER, subject=subject),
        ),
    )


def _send_code(facts: Facts, order: Order) -> Decision[CodeSent]:
    _person(order)
    if facts.seen.state != "ok":
        raise NotAllowed(_("No code can be sent to this number."))
    words = phrase(_("Anlin: {code:digits}. If you want to link this phone, say it there. Tell it to nobody else."), code=facts.code)
    told = Tell(facts.there, (words,), purpose=Purpose.REPLY, address_id=facts.there_id, valid_for=CODE_IS_GOOD_FOR)
    kept = Change("code", {"address_id": facts.there_id, "code": facts.code})
    return Decision(CodeSent(order.now + CODE_IS_GOOD_FOR), (kept, told))


def _try_code(facts: Facts, order: Order) -> Decision[Tried]:
    command = order.command
    assert isinstance(command, TryCode)
    _person(order)
    last = facts.last
    if last is None or _is_over(last, order):
        return Decision(Tried("over"))
    if not last.fits:
        is_last = last.tries + 1 >= MOST_TRIES
        return Decision(Tried("over" if is_last else "wrong"), (Change("tried", {"code_id": last.id, "closes": is_last}),))
    used = Change("tried", {"code_id": last.id, "closes": True})
    if not last.can_join:
        return Decision(Tried("two"), (used,))
    return Decision(Tried("joined"), (used, Change("join", {"address_id": last.address_id, "leaves": command.leaves})))


def _is_over(code: Code, order: Order) -> bool:
    return code.tries >= MOST_TRIES or order.now - code.made_at > CODE_IS_GOOD_FOR


def _forget(facts: Facts, order: Order) -> Decision[Forgotten]:
    person_id = _person(order)
    if facts.record.is_staff:
        raise NotAllowed(_("Who works here is taken off the roster first."))
    at = order.now + LAST_WORDS_ARRIVE
    effects = (
        Drop(leaving(person_id), "asked again"),
        Change("forget", {"person_id": person_id}),
        Later(at, EraseForGood(person_id, order.now), leaving(person_id)),
    )
    return Decision(Forgotten(at), effects)


def _erase(facts: Facts, order: Order) -> Decision[Forgotten]:
    command = order.command
    assert isinstance(command, EraseForGood)
    _clock_only(order)
    last = facts.last_inbound
    if last is not None and last > command.since:
        again = EraseForGood(command.person_id, last)
        return Decision(Forgotten(last + QUIET_FOR), (Later(last + QUIET_FOR, again, leaving(command.person_id)),))
    return Decision(Forgotten(order.now), (Change("erase", {"person_id": command.person_id}),))


def _tell(person_id: int, words: str, *, subject: str) -> Tell:
    return Tell(Owner(person_id), (Phrase(words),), subject=subject, purpose=Purpose.REPLY)


def leaving(person_id: int) -> str:
    """The subject of somebody's leaving."""
    return f"leaving:{person_id}"


def invitation(inviter: int, invitee: int, role: str) -> str:
    """The subject of one asking another."""
    return f"invitation:{inviter}:{invitee}:{role}"


def _themselves(order: Order) -> None:
    if order.actor.kind == "clock":
        raise NotAllowed(_("Only a resident keeps their own record."))


def _person(order: Order) -> int:
    """Who asks, from an address that is theirs alone."""
    person_id = order.actor.owner.person_id
    if order.actor.kind == "clock" or person_id is None:
        raise NotAllowed(_("Only a person does this, from an address that is theirs alone."))
    return person_id


def _clock_only(order: Order) -> None:
    if order.actor.kind != "clock":
        raise NotAllowed(_("Only time does this."))


RULES: Mapping[type[Command[Any]], Callable[[Facts, Any], Decision[Any]]] = {
    ReadRecord: _read_record,
    CheckHome: _check_home,
    ReadCode: _read_code,
    SeeNumber: _see_number,
    KeepRecord: _keep,
    Invite: _invite,
    AnswerInvitation: _answer_invitation,
    EndInvitation: _end_invitation,
    SendCode: _send_code,
    TryCode: _try_code,
    ForgetMe: _forget,
    EraseForGood: _erase,
}
