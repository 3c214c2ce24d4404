"""Sealing: what went in comes out, for the same key and context only; what is erased stays erased."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsFault
from bot.store.keys import KeyFile
from bot.store.sealed import Unreadable, Vault

KEYS = KeyFile("", {}, b"h" * 32).rotated()
VAULT = Vault(KEYS)
DATA_KEY, KEY_ID, SEALED_KEY = VAULT.new_data_key()


@given(st.text() | st.binary(), st.binary(max_size=20))
def test_what_is_sealed_comes_out_again(plain: str | bytes, context: bytes) -> None:
    blob = VAULT.seal(plain, VAULT.open_data_key(KEY_ID, SEALED_KEY), context)
    assert VAULT.unseal(blob, DATA_KEY, context) == (plain.encode() if isinstance(plain, str) else plain)


@given(st.data())
def test_no_changed_byte_goes_unseen(draw: st.DataObject) -> None:
    blob = bytearray(VAULT.seal("三号楼二单元五零一", DATA_KEY, b"here"))
    place = draw.draw(st.integers(0, len(blob) - 1))
    blob[place] ^= draw.draw(st.integers(1, 255))
    with pytest.raises(Unreadable):
        VAULT.unseal(bytes(blob), DATA_KEY, b"here")


def test_another_context_another_key_or_a_cut_value_opens_nothing() -> None:
    blob = VAULT.seal("示例", DATA_KEY, b"here")
    stranger, _, _ = VAULT.new_data_key()
    for cut, key, context in (
        (blob, DATA_KEY, b"there"),
        (blob, stranger, b"here"),
        (blob[:9], DATA_KEY, b"here"),
        (b"", DATA_KEY, b"here"),
    ):
        with pytest.raises(Unreadable):
            VAULT.unseal(cut, key, context)


def test_the_same_words_are_never_sealed_alike() -> None:
    assert VAULT.seal("示例", DATA_KEY, b"") != VAULT.seal("示例", DATA_KEY, b"")


def test_a_data_key_needs_the_key_file_that_sealed_it() -> None:
    with pytest.raises(SettingsFault, match=KEY_ID):
        Vault(KeyFile("", {}, b"h" * 32).rotated()).open_data_key(KEY_ID, SEALED_KEY)


def test_an_address_has_one_hash_a_channel_and_key() -> None:
    assert VAULT.hash_of("sms", "+99901") == VAULT.hash_of("sms", "+99901")
    others = {VAULT.hash_of("voice", "+99901"), VAULT.hash_of("sms", "+99902"), VAULT.hash_of("sms+", "99901")}
    others.add(Vault(KeyFile("", {}, b"g" * 32).rotated()).hash_of("sms", "+99901"))
    assert len(others | {VAULT.hash_of("sms", "+99901")}) == 5


def test_the_least_used_key_makes_room() -> None:
    vault = Vault(KEYS, room=2)
    for data_key_id in (1, 2):
        vault.hold(data_key_id, DATA_KEY)
    assert vault.held(1) is DATA_KEY
    vault.hold(3, DATA_KEY)
    assert [vault.held(data_key_id) for data_key_id in (1, 2, 3)] == [DATA_KEY, None, DATA_KEY]


def test_a_key_is_held_for_a_minute_only() -> None:
    """So long at most does another process still read what was erased."""
    now = [0.0]
    vault = Vault(KEYS, keep=timedelta(minutes=1), clock=lambda: now[0])
    vault.hold(1, DATA_KEY)
    now[0] = 60.0
    assert vault.held(1) is DATA_KEY
    now[0] = 60.1
    assert vault.held(1) is None


def test_an_erased_key_is_never_held_again() -> None:
    vault = Vault(KEYS)
    vault.hold(1, DATA_KEY)
    vault.forget(1)
    assert vault.held(1) is None
    vault.hold(1, DATA_KEY)
    assert vault.held(1) is None
