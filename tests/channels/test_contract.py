"""One suite for every channel: what comes in, what is refused, and what becomes of what is sent, row by row from its payload tables."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import channels
from bot.envelope import Address, Inbound, Outbound, Receipt, Sent
from bot.errors import InboundRefused, SendError
from channels.contract import Capability, Channel
from tests.channels.rigs import NOW, RIGS, written

PAYLOADS = Path(__file__).parent.parent / "payloads"
EVERYBODY_MEETS = {"plain words", "empty text", "10,000 characters", "emoji only"}
HOOKS_MEET = {"unsigned", "forged", "truncated", "oversize", "not UTF-8", "unknown fields", "repeated fields", "replayed elsewhere"}
PLATFORMS_ANSWER = {"taken", "stopped", "no such number", "throttled", "broken", "a page", "empty", "silence", "reset", "away"}


def table(name: str, kind: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((PAYLOADS / name / f"{kind}.json").read_text("utf-8"))
    return cases


def rows(kind: str) -> list[Any]:
    return [pytest.param(name, case, id=f"{name}: {case['name']}") for name in RIGS for case in table(name, kind)]


def channel_classes() -> set[type]:
    """Every class in a module of `channels` that has all members of the contract."""
    members = {name for name in vars(Channel) if not name.startswith("_")} - {"rate", "in_flight"}  # these may be set when one is made
    found = set()
    for module in pkgutil.iter_modules(channels.__path__):
        if not module.ispkg:
            held = vars(importlib.import_module(f"channels.{module.name}")).values()
            found |= {kind for kind in held if isinstance(kind, type) and members <= set(dir(kind)) and kind is not Channel}
    return found


def test_every_channel_has_its_payload_tables_and_is_driven_by_this_suite() -> None:
    names = {vars(kind)["name"] for kind in channel_classes()}

    assert names == set(RIGS)
    for name in names:
        assert (PAYLOADS / name / "inbound.json").is_file()
        assert (PAYLOADS / name / "send.json").is_file()


@pytest.mark.parametrize("name", RIGS)
def test_the_tables_hold_every_row_that_the_contract_demands(name: str) -> None:
    rig = RIGS[name]

    assert {case["name"] for case in table(name, "inbound")} >= EVERYBODY_MEETS | (HOOKS_MEET if rig.takes_hooks else set())
    assert {case["name"] for case in table(name, "send")} >= (PLATFORMS_ANSWER if rig.network else {"taken"})


@pytest.mark.parametrize(("name", "case"), rows("inbound"))
def test_what_comes_in_is_read_ignored_or_refused(name: str, case: dict[str, Any]) -> None:
    expect = case["expect"]

    if "refused" in expect:
        with pytest.raises(InboundRefused) as refusal:
            RIGS[name].take(case)
        assert refusal.value.status == expect["refused"]
        return
    taken = RIGS[name].take(case)
    if expect == "ignored" or "nothing" in expect:
        assert taken is None
    elif "inbound" in expect:
        assert isinstance(taken, Inbound)
        assert_inbound(name, taken, expect["inbound"])
    else:
        assert isinstance(taken, Receipt)
        assert_receipt(name, taken, expect["receipt"])


def assert_inbound(name: str, taken: Inbound, expect: dict[str, Any]) -> None:
    assert (taken.channel, taken.sender.channel, taken.at) == (name, name, NOW)
    assert taken.sender.value == expect["sender"]
    assert taken.external_id == expect["external_id"]
    assert taken.text == written(expect.get("text", ""))
    assert [[media.url, media.content_type] for media in taken.media] == expect.get("media", [])
    assert (taken.pin and [taken.pin.latitude, taken.pin.longitude]) == expect.get("pin")
    assert (taken.also and [taken.also.channel, taken.also.value]) == expect.get("also")
    assert {name: getattr(taken, name) for name in ("answers", "wish", "edits", "event") if name in expect} == {
        name: expect[name] for name in ("answers", "wish", "edits", "event") if name in expect
    }


def assert_receipt(name: str, taken: Receipt, expect: dict[str, Any]) -> None:
    assert (taken.channel, taken.external_id, taken.status) == (name, expect["external_id"], expect["status"])
    assert (taken.state.value, taken.delivery_id) == (expect["state"], expect.get("delivery"))
    assert (taken.error and [type(taken.error).__name__, taken.error.code]) == expect.get("error")


@pytest.mark.parametrize(("name", "case"), rows("send"))
def test_what_goes_out_is_sent_or_fails_by_name(name: str, case: dict[str, Any]) -> None:
    expect = case["expect"]
    with RIGS[name].stage(case) as stage:
        result = asyncio.run(send(stage.channel, outbound(name, case["outbound"])))

    if "sent" in expect:
        assert result == Sent(expect["sent"])
    else:
        assert isinstance(result, SendError)
        assert [type(result).__name__, result.code] == expect["error"]
        assert (result.after and result.after.total_seconds()) == expect.get("after")
        assert str(result).endswith(".")
        assert case["outbound"]["to"] not in str(result)
    for asked, fields in zip(stage.asked, expect.get("asked", []), strict=False):
        assert {key: asked.form.get(key) for key in fields} == {key: written(value) for key, value in fields.items()}
    assert len(stage.asked) >= len(expect.get("asked", []))


@pytest.mark.parametrize("name", RIGS)
def test_a_channel_fulfils_the_contract_and_draws_every_piece_once(name: str) -> None:
    with RIGS[name].stage({"answer": "drawn"} | table(name, "send")[0]) as stage:
        channel = stage.channel
        asyncio.run(send(channel, outbound(name, table(name, "send")[0]["outbound"])))

    assert isinstance(channel, Channel)
    assert channel.rate >= 1
    assert channel.in_flight >= 1
    assert isinstance(channel.capability(Address(name, "whoever")), Capability)
    choices = (
        (("1", "有，按1"), ("2", "没有")) if channel.variant == "spoken" else (("1", "有"), ("2", "没有"))
    )  # spoken, they say their key
    drawn = channel.draw(("收到了。", "案件是A12。"), "有人受伤吗？", choices)
    shown = 0 if RIGS[name].has_buttons else 1
    assert [drawn.count(piece) for piece in ("收到了。", "案件是A12。", "有人受伤吗？", "1", "没有")] == [1, 1, 1, 1 + shown, shown]
    assert "\n\n" not in drawn
    assert channel.draw(("好。",)) == "好。"


def outbound(name: str, row: dict[str, Any]) -> Outbound:
    until = datetime.fromisoformat(row["valid_until"]) if "valid_until" in row else None
    choices = tuple((key, words) for key, words in row.get("choices", ()))
    return Outbound(7, Address(name, row["to"]), written(row["words"]), until, choices=choices, language=row.get("language", ""))


async def send(channel: Channel, one: Outbound) -> Sent | SendError:
    await channel.open()
    try:
        return await channel.send(one)
    except SendError as error:
        return error
    finally:
        await channel.close()
