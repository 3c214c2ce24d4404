"""Wrong tries at the desk's door, and how long nothing more is tried after too many of them.

They are counted for each name and, apart from that, for each known browser (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies):
a stranger who guesses at a duty officer's name locks out strangers, not the duty officer. A name that nobody has is counted like any other,
so that the count tells nobody which names there are.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update

from bot.store.account_rows import TriesRow
from bot.store.columns import table_of
from bot.store.tx import Tx

FREE = 5  # tries before the first pause
FIRST_PAUSE = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=8)
FORGOTTEN = timedelta(days=1)  # after the last wrong try

TRIES = table_of(TriesRow)
_OF = select(TRIES.c.wrong, TRIES.c.at, TRIES.c.locked_until).where(TRIES.c.key_hash == bindparam("key")).with_for_update()


def try_once(tx: Tx, key: bytes, now: datetime) -> bool:
    """True when one more try is allowed. It counts as wrong until `right` is said, so that many at once are not more than five."""
    tx.run(delete(TRIES).where(TRIES.c.at < now - FORGOTTEN))
    row = tx.first(_OF, {"key": key})
    if row is None:
        tx.insert(TriesRow, key_hash=key, wrong=1, at=now)
        return True
    if row.locked_until is not None and now < row.locked_until:
        return False
    wrong = row.wrong + 1
    tx.run(update(TRIES).where(TRIES.c.key_hash == key).values(wrong=wrong, at=now, locked_until=_locked(wrong, now)))
    return True


def is_locked(tx: Tx, key: bytes, now: datetime) -> bool:
    """Whether nothing more is tried now."""
    row = tx.first(_OF, {"key": key})
    return row is not None and row.locked_until is not None and bool(now < row.locked_until)


def take_back(tx: Tx, key: bytes) -> None:
    """The last try was right so far: it does not count, but those before it do. A right password alone begins nothing anew."""
    row = tx.first(_OF, {"key": key})
    if row is not None:
        tx.run(update(TRIES).where(TRIES.c.key_hash == key).values(wrong=max(0, row.wrong - 1), locked_until=None))


def right(tx: Tx, key: bytes) -> None:
    """Whoever tried was right: the count begins anew."""
    tx.run(delete(TRIES).where(TRIES.c.key_hash == key))


def pause(wrong: int) -> timedelta:
    """How long nothing is tried after so many wrong tries: a quarter of an hour after the fifth, twice as long after each further one."""
    if wrong < FREE:
        return timedelta(0)
    return min(FIRST_PAUSE * (1 << min(wrong - FREE, 10)), LONGEST_PAUSE)


def _locked(wrong: int, now: datetime) -> datetime | None:
    waits = pause(wrong)
    return now + waits if waits else None
