"""What the codes on a poster open."""

from __future__ import annotations

import re

from workflows.places.links import chat_link, place_code, telegram_link, text_link


def test_a_code_names_the_building_and_the_unit_where_there_is_one() -> None:
    assert (place_code(12), place_code(12, 34)) == ("join-12", "join-12-34")


def test_telegram_takes_the_largest_code_there_can_be() -> None:
    """The start parameter holds up to 64 of these characters: https://core.telegram.org/bots/features#deep-linking"""
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", place_code(2**63, 2**63))
    assert telegram_link("ExampleBot", place_code(12)) == "https://t.me/ExampleBot?start=join-12"


def test_the_web_chat_is_told_the_stair() -> None:
    assert chat_link("https://anlin.example.org/", place_code(12, 34)) == "https://anlin.example.org/chat?at=join-12-34"


def test_a_text_is_addressed_and_written_and_only_waits_to_be_sent() -> None:
    assert text_link("+8613800000000", "登记 示例花园3号楼") == "SMSTO:+8613800000000:登记 示例花园3号楼"
