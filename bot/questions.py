"""Open questions: put to an owner, read back by what was shown, closed once with a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Row, Select, bindparam, select, update

from bot.effects import Owner
from bot.envelope import Lane
from bot.prompt import Ask, Prompt
from bot.router import OpenQuestion
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.sealed import Vault
from bot.store.tables import PromptRow, QuestionRow

MOST_REMEMBERED = 4096
SILENCE = "silence"  # why a question is closed that nobody has answered in time
_prompt_ids: WeakKeyDictionary[Vault, dict[bytes, int]] = WeakKeyDictionary()
QUESTION, PROMPT = table_of(QuestionRow), table_of(PromptRow)

_COLUMNS = (
    QUESTION.c.id,
    QUESTION.c.name,
    QUESTION.c.flow,
    QUESTION.c.args,
    QUESTION.c.subject,
    QUESTION.c.lane,
    QUESTION.c.put_at,
    QUESTION.c.address_id,
    QUESTION.c.unanswered_since,
    QUESTION.c.session_id,
    QUESTION.c.tries,
    QUESTION.c.closed_at,
    QUESTION.c.expires_at,
    QUESTION.c.person_id,
    QUESTION.c.household_id,
    QUESTION.c.prompt_id,
    PROMPT.c.body,
)


def _of(column: Any, name: str) -> Select[Any]:
    open_ones = select(*_COLUMNS).join(PROMPT, PROMPT.c.id == QUESTION.c.prompt_id)
    return open_ones.where(column == bindparam(name), QUESTION.c.closed_at.is_(None))


_BY_PERSON = _of(QUESTION.c.person_id, "owner")
_BY_HOUSEHOLD = _of(QUESTION.c.household_id, "owner")
_BY_ID = select(*_COLUMNS).join(PROMPT, PROMPT.c.id == QUESTION.c.prompt_id).where(QUESTION.c.id == bindparam("question"))
_CLOSED_WHY = select(QUESTION.c.closed_why).where(QUESTION.c.id == bindparam("question"), QUESTION.c.closed_at.is_not(None))
_PROMPT = select(PROMPT.c.id).where(PROMPT.c.digest == bindparam("digest"))
_CLOSED: dict[str, Any] = {"closed_at": bindparam("now"), "closed_why": bindparam("why")}
_CLOSE = update(QUESTION).where(QUESTION.c.id == bindparam("question"), QUESTION.c.closed_at.is_(None)).values(**_CLOSED)
_CLOSE_SUBJECT = (
    update(QUESTION)
    .where(QUESTION.c.subject == bindparam("about"), QUESTION.c.session_id.is_(None), QUESTION.c.closed_at.is_(None))
    .values(**_CLOSED)
)
_TRIED = update(QUESTION).where(QUESTION.c.id == bindparam("question")).values(tries=QUESTION.c.tries + 1)
_EXPIRED = (
    select(QUESTION.c.id)
    .where(QUESTION.c.expires_at <= bindparam("now"), QUESTION.c.closed_at.is_(None))
    .order_by(QUESTION.c.expires_at)
    .limit(bindparam("most"))
)
_POSTPONE = update(QUESTION).where(QUESTION.c.expires_at <= bindparam("now"), QUESTION.c.closed_at.is_(None))


@dataclass(frozen=True, slots=True)
class Kept:
    """A question row with its prompt."""

    open: OpenQuestion
    owner: Owner
    args: dict[str, Any]
    session_id: int | None
    tries: int
    is_closed: bool


@lru_cache(maxsize=4096)
def _read_prompt(body: str) -> Prompt:
    return msgspec.json.decode(body, type=Prompt)


def keep_prompt(tx: Tx, prompt: Prompt) -> int:
    """The id of this prompt; it is kept once and never changed, so an id that was committed is remembered."""
    body = msgspec.json.encode(prompt)
    remembered = _prompt_ids.setdefault(tx.vault, {})
    known = remembered.get(body)
    if known is not None:
        return known
    digest = hashlib.sha256(body).hexdigest()
    found = tx.first(_PROMPT, {"digest": digest})
    prompt_id = int(found[0]) if found else tx.insert(PromptRow, digest=digest, body=body.decode())
    if len(remembered) < MOST_REMEMBERED:
        tx.after_commit(lambda: remembered.setdefault(body, prompt_id))
    return prompt_id


def put(tx: Tx, ask: Ask, prompt: Prompt, *, owner: Owner, now: datetime, **where: Any) -> int:
    """A question is open from now on and waits for `ask.patience`; `where` gives flow, args, subject, session and address."""
    return tx.insert(
        QuestionRow,
        person_id=owner.person_id,
        household_id=owner.household_id,
        name=where.pop("name", ask.name),
        prompt_id=keep_prompt(tx, prompt),
        lane=int(ask.lane),
        put_at=now,
        expires_at=now + ask.patience,
        tries=0,
        **where,
    )


def open_of(tx: Tx, owner: Owner, address_id: int | None) -> tuple[Kept, ...]:
    """Every open question of this owner, as seen from the address they are writing from."""
    if owner.household_id is not None:
        rows: Sequence[Row[Any]] = tx.all(_BY_HOUSEHOLD, {"owner": owner.household_id})
    else:
        rows = tx.all(_BY_PERSON, {"owner": owner.person_id})
    return tuple(_kept(row, address_id) for row in rows)


def get(tx: Tx, question_id: int, address_id: int | None = None) -> Kept | None:
    """One question, open or closed."""
    row = tx.first(_BY_ID, {"question": question_id})
    return _kept(row, address_id) if row else None


def closed_why(tx: Tx, question_id: int) -> str | None:
    """Why this question was closed; None while it is open."""
    row = tx.first(_CLOSED_WHY, {"question": question_id})
    return str(row.closed_why) if row else None


def move(tx: Tx, question_id: int, address_id: int) -> None:
    """The question is asked on another address from now on."""
    tx.update(QuestionRow, question_id, address_id=address_id)


def close(tx: Tx, question_id: int, why: str, *, now: datetime) -> None:
    """The question is closed, if it was open, and says why."""
    tx.run(_CLOSE, {"question": question_id, "now": now, "why": why})


def close_subject(tx: Tx, subject: str, why: str, *, now: datetime) -> None:
    """Every open question about this subject that belongs to no talk is closed."""
    tx.run(_CLOSE_SUBJECT, {"about": subject, "now": now, "why": why})


def tried(tx: Tx, question_id: int) -> None:
    """One more answer to this question could not be understood."""
    tx.run(_TRIED, {"question": question_id})


def postpone(tx: Tx, *, until: datetime, now: datetime) -> int:
    """No question that has waited long enough stops waiting before then; how many those are."""
    return tx.run(_POSTPONE, {"now": now, "expires_at": until}).rowcount


def expired(tx: Tx, now: datetime, most: int) -> tuple[int, ...]:
    """The open questions whose waiting has ended, longest first."""
    return tuple(row[0] for row in tx.all(_EXPIRED, {"now": now, "most": most}))


def _kept(row: Row[Any], address_id: int | None) -> Kept:
    subject = str(row.subject)
    args = msgspec.json.decode(row.args)
    seen = OpenQuestion(
        id=row.id,
        name=row.name,
        flow=row.flow,
        subject=subject,
        prompt=_read_prompt(row.body),
        lane=Lane(row.lane),
        put_at=row.put_at,
        asked_here=row.address_id == address_id,
        unanswered=row.tries == 0,
        in_talk=row.session_id is not None,
        quoted=args.get("number", ""),
        greets=args.get("greets", False),
    )
    return Kept(
        open=seen,
        owner=Owner(row.person_id, row.household_id),
        args=args,
        session_id=row.session_id,
        tries=row.tries,
        is_closed=row.closed_at is not None,
    )
