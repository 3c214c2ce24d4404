"""Accounts, sessions and wrong tries of the desk, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.errors import Lost
from bot.store import accounts, desk_sessions, people, rotate, timeline, tries
from bot.store.begin import Store, Tx
from bot.store.desk_sessions import Lasts
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from bot.store.tries import FIRST_PAUSE, FORGOTTEN, FREE, LONGEST_PAUSE
from tests.stores import opened

NOW = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
SECRET, PASSWORD = "JBSWY3DPEHPK3PXP", "$argon2id$kept"
CODES = ("aaaaabbbbb", "cccccddddd")
LASTS = Lasts(timedelta(hours=12), timedelta(hours=24))
KEY = b"k" * 32


def hired(tx: Tx, handle: str = "duty") -> int:
    return people.add_staff(tx, "示例·值班员", handle=handle, role="community_duty", now=NOW)


def enrolled(tx: Tx, handle: str = "duty") -> int:
    staff_id = hired(tx, handle)
    who = accounts.invited(tx, accounts.invite(tx, staff_id, secret=SECRET, actor="console", now=NOW), NOW)
    assert who
    assert accounts.enrol(tx, who, password=PASSWORD, step=100, now=NOW)
    return staff_id


def test_an_account_is_found_by_its_name_and_only_as_long_as_its_holder_works_here(store: Store) -> None:
    with store.begin() as tx:
        assert not accounts.is_anybody(tx)
        staff_id = enrolled(tx)
        found = accounts.by_handle(tx, "duty")
        assert found == accounts.by_staff(tx, staff_id)
        assert found
        assert (found.secret, found.password, found.role) == (SECRET, PASSWORD, "community_duty")
        assert SECRET not in repr(found)
        assert PASSWORD not in repr(found)
        assert accounts.by_handle(tx, "Duty") is None
        assert accounts.is_anybody(tx)
        tx.run(text("UPDATE staff SET is_active = false"))
        assert accounts.by_handle(tx, "duty") is accounts.by_staff(tx, staff_id) is None


def test_secrets_are_sealed_and_can_be_read_when_the_sealing_key_is_a_new_one(store: Store, store_url: str, key_file: KeyFile) -> None:
    with store.begin() as tx:
        staff_id = enrolled(tx)
        accounts.give_codes(tx, staff_id, CODES)
        signs = accounts.desk_key(tx, NOW)
        kept = [bytes(cell) for row in tx.run(text("SELECT secret, fresh_codes FROM desk_account")) for cell in row]
        kept += [bytes(cell) for row in tx.run(text("SELECT code_hash FROM desk_recovery")) for cell in row]
        kept += [str(row.value).encode() for row in tx.run(text("SELECT value FROM meta"))]
    for secret in (SECRET, *CODES, signs):
        assert not any(secret.encode() in cell for cell in kept)
    rotated = key_file.rotated()
    with opened(store_url, Vault(rotated)) as between, between.begin() as tx:
        rotate.reseal(tx)
    only_new = replace(rotated, keys={rotated.current: rotated.keys[rotated.current]})
    with opened(store_url, Vault(only_new)) as after, after.begin() as tx:
        assert accounts.desk_key(tx, NOW) == signs
        assert accounts.fresh_codes(tx, staff_id) == CODES


def test_all_who_start_at_once_sign_forms_with_the_same_key(store: Store) -> None:
    def key(_: int) -> str:
        with store.begin() as tx:
            return accounts.desk_key(tx, NOW)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(key, range(8)))) == 1


def test_of_a_person_who_was_erased_there_is_no_account(store: Store) -> None:
    with store.begin() as tx:
        staff_id = enrolled(tx)
        tx.erase(tx.run(text("SELECT data_key_id FROM desk_account")).scalar_one(), NOW)
    with store.begin() as tx:
        assert accounts.by_staff(tx, staff_id) is accounts.by_handle(tx, "duty") is None


def test_a_time_step_is_used_once_and_no_earlier_one_after_it(store: Store) -> None:
    with store.begin() as tx:
        staff_id = enrolled(tx)
        used = [accounts.use_step(tx, staff_id, step) for step in (100, 99, 102, 102, 101, 103)]
    assert used == [False, False, True, False, False, True]


def test_of_many_who_use_the_same_code_at_once_one_gets_in(store: Store) -> None:
    with store.begin() as tx:
        staff_id = enrolled(tx)
        accounts.give_codes(tx, staff_id, CODES)

    def use(_: int) -> tuple[bool, bool]:
        with store.begin() as tx:
            return accounts.use_step(tx, staff_id, 200), accounts.use_code(tx, staff_id, CODES[0])

    with ThreadPoolExecutor(4) as pool:
        used = list(pool.map(use, range(8)))
    assert [sum(column) for column in zip(*used, strict=True)] == [1, 1]


def test_recovery_codes_are_counted_shown_and_forgotten(store: Store) -> None:
    with store.begin() as tx:
        staff_id, other = enrolled(tx), enrolled(tx, "other")
        accounts.give_codes(tx, staff_id, CODES)
        accounts.give_codes(tx, other, CODES)
        assert not accounts.use_code(tx, staff_id, "eeeeefffff")
        assert accounts.use_code(tx, staff_id, CODES[0])
        assert (accounts.codes_left(tx, staff_id), accounts.codes_left(tx, other)) == (1, 2)
        accounts.written_down(tx, staff_id)
        assert accounts.fresh_codes(tx, staff_id) == ()
        assert accounts.use_code(tx, staff_id, CODES[1])


def test_of_a_closed_account_nothing_is_left_but_what_stands_on_the_timeline(store: Store) -> None:
    with store.begin() as tx:
        staff_id = enrolled(tx)
        accounts.give_codes(tx, staff_id, CODES)
        accounts.invite(tx, staff_id, secret=SECRET, actor="console", now=NOW)
        token = desk_sessions.start(tx, staff_id, role="community_duty", stage="full", now=NOW)
        browser = desk_sessions.remember_browser(tx, staff_id, "", now=NOW)
        accounts.close(tx, staff_id, why="left", actor="staff:9", now=NOW)
        assert accounts.by_staff(tx, staff_id) is None
        assert desk_sessions.at(tx, token, LASTS, now=NOW) is None
        assert not desk_sessions.knows_browser(tx, browser, staff_id)
        for table in ("desk_account", "desk_recovery", "desk_invitation", "desk_browser"):
            assert tx.run(text(f"SELECT count(*) FROM {table}")).scalar() == 0, table
        kinds = [(entry.kind, entry.actor) for entry in timeline.entries(tx, f"staff:{staff_id}")]
        assert kinds == [("invited", "console"), ("enrolled", f"staff:{staff_id}"), ("invited", "console"), ("left", "staff:9")]
        assert timeline.verify(tx, f"staff:{staff_id}") is None


# Sessions


@pytest.mark.parametrize(
    ("stage", "seen_after", "asked_after", "is_open"),
    [
        ("full", 0, timedelta(hours=12) - timedelta(microseconds=1), True),
        ("full", 0, timedelta(hours=12), False),
        ("full", 11, timedelta(hours=12), True),
        ("full", 23, timedelta(hours=24), False),
        ("password", 0, timedelta(minutes=10) - timedelta(microseconds=1), True),
        ("password", 0, timedelta(minutes=10), False),
    ],
)
def test_how_long_a_session_lasts(store: Store, stage: str, seen_after: int, asked_after: timedelta, is_open: bool) -> None:
    with store.begin() as tx:
        staff_id = enrolled(tx)
        token = desk_sessions.start(tx, staff_id, role="community_duty", stage=stage, now=NOW)
        found = desk_sessions.at(tx, token, LASTS, now=NOW)
        assert found
        desk_sessions.touch(tx, found.id, NOW + timedelta(hours=seen_after))
        assert (desk_sessions.at(tx, token, LASTS, now=NOW + asked_after) is not None) is is_open


def test_a_session_ends_once_and_old_ones_are_forgotten(store: Store) -> None:
    with store.begin() as tx:
        staff_id = enrolled(tx)
        token = desk_sessions.start(tx, staff_id, role="community_duty", stage="full", now=NOW)
        found = desk_sessions.at(tx, token, LASTS, now=NOW)
        assert found
        desk_sessions.end(tx, found.id, why="signed_out", now=NOW)
        assert desk_sessions.end_all(tx, staff_id, why="left", now=NOW) == 0
        assert tx.run(text("SELECT ended_why FROM desk_session")).scalar() == "signed_out"
        desk_sessions.start(tx, staff_id, role="community_duty", stage="full", now=NOW + timedelta(days=91))
        assert tx.run(text("SELECT count(*) FROM desk_session")).scalar() == 1


def test_a_browser_is_known_for_each_who_signed_in_there_and_for_a_year(store: Store) -> None:
    with store.begin() as tx:
        one, two = enrolled(tx), enrolled(tx, "other")
        token = desk_sessions.remember_browser(tx, one, "", now=NOW)
        assert not desk_sessions.knows_browser(tx, token, two)
        assert desk_sessions.remember_browser(tx, two, token, now=NOW) == token
        assert desk_sessions.remember_browser(tx, one, token, now=NOW) == token
        assert desk_sessions.knows_browser(tx, token, one)
        assert desk_sessions.knows_browser(tx, token, two)
        assert desk_sessions.remember_browser(tx, one, token, now=NOW + timedelta(days=366)) == token
        assert desk_sessions.remember_browser(tx, one, "made-up", now=NOW) != "made-up"


# Wrong tries


def test_the_pause_grows_and_has_an_end() -> None:
    pauses = [tries.pause(wrong) for wrong in range(FREE - 1, FREE + 8)]
    assert pauses[0] == timedelta(0)
    assert pauses[1:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses == sorted(pauses)
    assert tries.pause(10_000) == LONGEST_PAUSE


def test_tries_are_counted_before_they_are_looked_at(store: Store) -> None:
    """A hundred at once are no more than five."""
    with store.begin() as tx:
        tries.try_once(tx, b"other" * 6, NOW)

    def attempt(_: int) -> bool:
        for _again in range(20):
            try:
                with store.begin() as tx:
                    return tries.try_once(tx, KEY, NOW)
            except Lost:
                continue
        raise AssertionError("never its turn")

    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(attempt, range(40)))
    assert sum(allowed) == FREE


def test_a_right_password_does_not_wipe_out_the_wrong_codes_before_it(store: Store) -> None:
    with store.begin() as tx:
        for _ in range(FREE - 1):
            assert tries.try_once(tx, KEY, NOW)
            assert tries.try_once(tx, KEY, NOW)
            tries.take_back(tx, KEY)
        assert tries.try_once(tx, KEY, NOW)
        assert tries.is_locked(tx, KEY, NOW)
        assert not tries.try_once(tx, KEY, NOW + FIRST_PAUSE - timedelta(microseconds=1))
        assert tries.try_once(tx, KEY, NOW + FIRST_PAUSE)
        assert tries.is_locked(tx, KEY, NOW + 3 * FIRST_PAUSE - timedelta(microseconds=1))
        tries.right(tx, KEY)
        assert not tries.is_locked(tx, KEY, NOW + FIRST_PAUSE)


def test_wrong_tries_are_forgotten_after_a_day(store: Store) -> None:
    with store.begin() as tx:
        for _ in range(FREE - 1):
            tries.try_once(tx, KEY, NOW)
        later = NOW + FORGOTTEN + timedelta(seconds=1)
        assert all(tries.try_once(tx, KEY, later) for _ in range(FREE))
        assert tx.run(text("SELECT count(*) FROM desk_tries")).scalar() == 1
