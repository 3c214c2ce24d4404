"""The talks of residents: registering oneself or a parent, changing and seeing what is kept, and being asked by another."""

from __future__ import annotations

from bot.engine import Left, Talk
from bot.prompt import Choice, _, ask, say
from workflows.cases.words import HandOver
from workflows.places.words import FindPlace, Place, name_of
from workflows.residents import asking
from workflows.residents.asking import Asking, Steps
from workflows.residents.words import (
    AGREED,
    CARE,
    FAMILY,
    HELPER,
    INVITATIONS,
    Agreed,
    AnswerInvitation,
    Invite,
    KeepRecord,
    ReadRecord,
    Record,
)

CHANGES = (
    Choice("home", _("I have moved"), _("moved|i moved|i have moved")),
    Choice("name", _("Another name"), _("name|my name")),
    Choice("needs", _("What help I need"), _("needs|help i need")),
    Choice("helper", _("Somebody who helps"), _("helper|somebody")),
    Choice("none", _("Leave it so"), _("none|nothing|no|leave it")),
)


def register(talk: Talk, *, place: str = "") -> Steps:
    """A resident registers; who is registered already sees what is kept, and may change it."""
    try:
        mine: Record = yield from ReadRecord()
        if mine.is_registered:
            yield from _change(talk, mine)
        else:
            yield from _register(talk, mine, place)
    except Left as left:
        yield from asking.left(left.why)


def _register(talk: Talk, mine: Record, code: str) -> Steps:
    also = () if mine.is_shared else (asking.FOR_FAMILY,)
    answer, agreed = yield from asking.consents(talk, mine, asking.AGREE, *also)
    if answer == "family":
        yield from _family(talk, mine)
        return
    if answer != "yes":
        yield from _refused(answer)
        return
    place = Place() if mine.is_shared else (yield from asking.home(asking.WHERE, code))
    is_found = place.is_found or mine.is_shared
    asks = asking.NAME_ON_A_PHONE if mine.on_a_phone and is_found and not mine.is_shared else asking.NAME
    name, is_shared = yield from asking.name(asks, mine)
    needs, more = yield from asking.needs(talk, mine)
    helper = (yield from asking.helper(asking.WHOM)) if needs and name and not is_shared else None
    shares = is_shared and not mine.is_shared
    yield from KeepRecord(place if place.is_found else None, name, needs, is_shared=shares, agreed=(*agreed, *more))
    if is_found and not mine.is_shared:
        yield from say(_("Registered: {name}, {place}."), name=name, place=name_of(place))
    else:
        yield from say(_("Registered: {name}."), name=name)
    if not is_found:
        yield from _home_by_hand(place)
    if helper:
        yield from Invite(helper.number, HELPER)
        yield from say(_("We ask your helper by text now, and tell you what they say."))
    yield from say(_("To change it, send REGISTER. To delete it, DELETE MY DATA."))


def _home_by_hand(place: Place) -> Steps:
    case = yield from HandOver("home", text=place.words)
    yield from say(_("We did not find your home; a person puts it in. Case {number:digits}."), number=case.number)


def _refused(answer: str) -> Steps:
    if answer != "abroad":
        yield from say(_("All right, nothing is kept. Report and ask for help as before."))
        return
    case = yield from HandOver("visit")
    yield from say(_("All right, nothing is kept. Somebody comes to register you at home. Case {number:digits}."), number=case.number)


def _change(talk: Talk, mine: Record) -> Steps:
    """What is kept is shown, and one thing of it may be changed."""
    may_pass = yield from asking.abroad(talk, mine)
    if may_pass is None:
        yield from _refused("abroad")
        return
    yield from _shown(mine)
    changed = yield from ask("change", _("What do you want to change?"), *CHANGES, gives_way=True)
    if changed.value == "none":
        if may_pass:
            yield from KeepRecord(agreed=may_pass)
        yield from say(_("All right, it stays as it is."))
    elif changed.value == "helper":
        yield from _ask_helper(may_pass)
    else:
        yield from _changed(talk, mine, changed.value, agreed=may_pass)


def _changed(talk: Talk, mine: Record, what: str | None, *, agreed: tuple[Agreed, ...]) -> Steps:
    agreed = (*agreed, *(yield from _care(talk, mine)))
    if CARE not in mine.consents and not any(each.kind == CARE for each in agreed):
        yield from say(_("All right, it stays as it is."))
        return
    if what == "home":
        yield from _moved(agreed)
    elif what == "name":
        name, _shared = yield from asking.name(asking.NAME, mine)
        yield from KeepRecord(name=name, agreed=agreed)
        yield from say(_("Noted: we call you {name}."), name=name)
    else:
        needs, more = yield from asking.needs(talk, mine)
        yield from KeepRecord(needs=needs, agreed=(*agreed, *more))
        if needs:
            yield from say(_("Noted: {needs}."), needs=asking.needs_said(needs))
        else:
            yield from say(_("Noted: you need no special help."))


def _care(talk: Talk, mine: Record) -> Asking:
    if CARE in mine.consents:
        return ()
    answer = yield from ask("agree", asking.AGREE, *AGREED, gives_way=True)
    return (Agreed(CARE, asking.AGREE, talk.now),) if answer.value == "yes" else ()


def _moved(agreed: tuple[Agreed, ...]) -> Steps:
    place = yield from asking.home(asking.WHERE)
    if place.is_found:
        yield from KeepRecord(place, agreed=agreed)
        yield from say(_("Noted: you live at {place} now. Open cases stay where they are."), place=name_of(place))
    else:
        yield from _home_by_hand(place)


def _ask_helper(agreed: tuple[Agreed, ...]) -> Steps:
    if agreed:
        yield from KeepRecord(agreed=agreed)
    helper = yield from asking.helper(asking.WHOM)
    if helper:
        yield from Invite(helper.number, HELPER)
        yield from say(_("We ask your helper by text now, and tell you what they say."))
    else:
        yield from say(_("All right, it stays as it is."))


def move(talk: Talk) -> Steps:
    """Somebody has moved house; their open cases keep their place."""
    try:
        mine: Record = yield from ReadRecord()
        if not mine.is_registered:
            yield from _register(talk, mine, "")
            return
        may_pass = yield from asking.abroad(talk, mine)
        if may_pass is None:
            yield from _refused("abroad")
        else:
            yield from _changed(talk, mine, "home", agreed=may_pass)
    except Left as left:
        yield from asking.left(left.why)


def record(talk: Talk) -> Steps:
    """What is kept of somebody, in a few sentences."""
    try:
        mine: Record = yield from ReadRecord()
        may_pass = (yield from asking.abroad(talk, mine)) if mine.is_registered or mine.has_home else ()
        if may_pass is None:
            yield from _refused("abroad")
            return
        if may_pass:
            yield from KeepRecord(agreed=may_pass)
        yield from _shown(mine)
        if mine.is_registered or mine.has_home:
            yield from say(_("To change it, send REGISTER. To delete it, DELETE MY DATA."))
    except Left as left:
        yield from asking.left(left.why)


def _shown(mine: Record) -> Steps:
    living = yield from FindPlace()
    if not (mine.is_registered or mine.has_home):
        yield from say(_("You are not registered. We keep your number, what you have written, and your cases. To register: REGISTER."))
        return
    if mine.name:
        yield from say(_("Name: {name}."), name=mine.name)
    if living.home:
        yield from say(_("Home: {place}."), place=name_of(living.home))
    if mine.is_shared:
        yield from say(_("This number is your family's."))
    if mine.needs:
        yield from say(_("Needs: {needs}."), needs=asking.needs_said(mine.needs))
    if mine.helpers:
        yield from say(_("People who help you: {count}."), count=mine.helpers)
    if mine.cares_for:
        yield from say(_("People you help: {count}."), count=mine.cares_for)


def family(talk: Talk) -> Steps:
    """Somebody registers a parent, whose own yes is asked on the parent's own phone."""
    try:
        mine: Record = yield from ReadRecord()
        yield from _family(talk, mine)
    except Left as left:
        yield from asking.left(left.why)


def _family(talk: Talk, mine: Record) -> Steps:
    if mine.is_shared:
        case = yield from HandOver("visit")
        yield from say(_("A family shares this number, so a person registers them with you. Case {number:digits}."), number=case.number)
        return
    answer, agreed = yield from asking.consents(talk, mine, FOR_THEM)
    if answer != "yes":
        yield from _refused(answer)
        return
    own = mine.name
    if not own:
        own, _shared = yield from asking.name(asking.NAME, mine)
    theirs, _shared = yield from asking.name(asking.NAME_FAMILY, mine)
    said = yield from ask("number", _("Their own phone number? We ask them there whether they agree."), asking.NOBODY, **asking.OR_WORDS)
    seen = None if said.value == "none" else (yield from asking.number(said.text, answers=True))
    place = yield from asking.home(asking.WHERE_FAMILY)
    yield from KeepRecord(name=None if mine.name else own, agreed=agreed)
    if seen is None or not place.is_found:
        case = yield from HandOver("visit", text=f"{theirs} {said.text} {place.words}".strip())
        yield from say(_("Somebody visits {name} and asks them there. Case {number:digits}."), name=theirs, number=case.number)
        return
    yield from Invite(seen.number, FAMILY, theirs, place)
    yield from say(_("We ask {name} by text now, and delete it all without their yes. We tell you what they say."), name=theirs)


FOR_THEM = _("We keep your name and number as who helps them. DELETE MY DATA removes them. Do you agree?")


def invited(talk: Talk, *, inviter: int = 0, role: str = HELPER) -> Steps:
    """Somebody was asked by another to help them, or to be registered, and answers."""
    try:
        question = INVITATIONS[role]
        answer = yield from question
        if answer.value != "yes":
            yield from AnswerInvitation(inviter, role, accepts=False)
            yield from say(_("All right, we keep nothing. Write to us any time you need something."))
            return
        yield from AnswerInvitation(inviter, role, accepts=True, agreed=(Agreed(CARE, question.words, talk.now),))
        if role == HELPER:
            yield from say(_("Thank you. We ring you only when we cannot reach them."))
            return
        yield from _own_needs(talk)
    except Left as left:
        yield from asking.left(left.why)


def _own_needs(talk: Talk) -> Steps:
    mine: Record = yield from ReadRecord()
    may_pass = yield from asking.abroad(talk, mine)
    if may_pass is None:
        yield from say(_("Thank you, you are registered. Send DELETE MY DATA any time, and it is gone."))
        return
    needs, more = yield from asking.needs(talk, mine)
    yield from KeepRecord(needs=needs, agreed=(*may_pass, *more))
    yield from say(_("Thank you, you are registered. Send DELETE MY DATA any time, and it is gone."))
