"""A house to talk with: real rooms on a real store, a clock that is told, and the demo estate's phones or screens.

`Talks` takes what somebody writes through a channel's own parser (a signed form, a typed line) and gives back what every phone or screen
was sent, as the channel draws it. Nothing is replaced by a double: only the carrier's network is left out.
"""

from __future__ import annotations

import io
import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, func, select
from sqlalchemy.sql.elements import ColumnElement

from bot import drawing, outbox, settling, turn
from bot.app import KIN, look, rooms
from bot.drawing import Brush
from bot.effects import Actor, Command, Owner
from bot.engine import Flow
from bot.envelope import Address, Inbound, Media, Outbound, Sent
from bot.room import House
from bot.router import COMMANDS, STAFF_COMMANDS
from bot.settling import Outcome
from bot.store import demo, people
from bot.store.begin import Store, Tx
from bot.store.columns import table_of
from bot.store.tables import QuestionRow, TimerRow
from bot.translate import load_translator
from channels import sms, telegram_updates, terminal, webchat
from channels.contract import Channel
from channels.ring import Ring
from channels.segments import segments
from channels.sms import Sms
from channels.telegram import Telegram, buttons
from channels.telegram_api import TelegramAccount
from channels.terminal import Terminal
from channels.uploads import Uploads
from channels.voice import Voice
from channels.webchat import Webchat
from tests.channels.rigs import BOT_TOKEN, SmsRig, account
from workflows.cases import views
from workflows.cases.views import CaseView
from workflows.residents.outside import Outside

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # a Friday, 9:00 in Shanghai
CHANNELS = ("sms", "telegram", "terminal", "webchat", "voice")
TRANSLATOR = load_translator("zh_CN", SHANGHAI)
LEASE = timedelta(minutes=2)
CODE = "204816"  # every code that is sent to a phone; in the service they are drawn by lot
TIMER, QUESTION = table_of(TimerRow), table_of(QuestionRow)

# Who talks in transcripts: their number in the demo. Who is not in the demo is a stranger.
CAST: Mapping[str, str] = {
    "居民": "+9990100001",
    "邻居": "+9990100002",
    "花园居民": "+9990100005",
    "老两口": "+9990100007",
    "陌生人": "+9990100099",
    "另一个陌生人": "+9990100098",
    "母亲": "+9990100097",
    "网格员": "+9990200001",
    "网格员二": "+9990200002",
    "网格员三": "+9990200003",
    "网格员四": "+9990200004",
    "网格长": "+9990200011",
    "网格长二": "+9990200012",
    "值班员": "+9990200021",
    "街道": "+9990200031",
    "管理员": "+9990200041",
}
# Further addresses of theirs: whose, the number, and its channel where it is not the one that is tried.
SECOND: Mapping[str, tuple[str, str, str]] = {
    "居民的另一部手机": ("居民", "+9990100011", ""),
    "居民的电脑": ("居民", "居民的电脑", "terminal"),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What one phone or screen was sent; `parts` are the SMS segments it cost."""

    who: str
    channel: str
    words: str
    delivery_id: int

    @property
    def parts(self) -> int:
        return segments(self.words).parts if self.channel == "sms" else 0


def words_to(who: str, heard: Iterable[Heard]) -> list[str]:
    """What one of them was sent."""
    return [one.words for one in heard if one.who == who]


def words_and_buttons(outbound: Outbound, channel: str) -> str:
    """What is seen: the words, and beneath them the buttons as they stand in rows."""
    if channel not in ("telegram", "webchat") or not outbound.choices:
        return outbound.words
    rows = buttons(outbound)["inline_keyboard"]
    return "\n".join([outbound.words, *("".join(f"〔{key['text']}〕" for key in row) for row in rows)])


class Talks:
    """The house and everybody around it, on one channel."""

    def __init__(self, store: Store, *, channel: str = "sms", now: datetime = START, estate: bool = True) -> None:
        """The demo estate is loaded into this store, and everybody is reached on this channel first."""
        self.store = store
        self.channel = channel
        self.now = now
        self._channels: dict[str, Channel] = {
            "sms": Sms(account(), clock=lambda: self.now),
            "telegram": Telegram(TelegramAccount(BOT_TOKEN), translate=TRANSLATOR.on_screen),
            "ring": Ring(account()),
            "terminal": Terminal(io.StringIO()),
            "voice": Voice(account()),
            "webchat": Webchat(Uploads(Path("nowhere"))),
        }
        outside = Outside(
            reaches=lambda address: self._channels[address.channel].capability(address).reaches,
            answers=lambda address: self._channels[address.channel].capability(address).two_way,
            abroad=lambda address: self._channels[address.channel].capability(address).abroad,
            wording=TRANSLATOR.worded,
            new_code=lambda: CODE,
        )
        self.house = House(
            store=store,
            rooms=tuple(
                replace(room, flows={name: self._noted(name, flow) for name, flow in room.flows.items()}) for room in rooms(outside)
            ),
            translator=TRANSLATOR,
            vocabulary=TRANSLATOR.vocabulary(COMMANDS),
            look=look,
            can_reach=lambda address: self._channels[address.channel].capability(address).reaches,
            can_answer=lambda address: self._channels[address.channel].capability(address).two_way,
            staff_vocabulary=TRANSLATOR.vocabulary(STAFF_COMMANDS),
            is_abroad=lambda address: self._channels[address.channel].capability(address).abroad,
            kin=KIN,
        )
        self.flows: set[str] = set()
        self._inbounds = 0
        if estate:
            with store.begin() as tx:
                demo.load(tx, now)
                self._add_addresses(tx)

    def address(self, who: str) -> Address:
        """Where somebody of the cast writes from."""
        if who in SECOND:
            _whose, value, fixed = SECOND[who]
            channel = fixed or self.channel
        else:
            value, channel = CAST[who], self.channel
        values = {"terminal": who, "webchat": webchat.address_of(who).value, "telegram": value.removeprefix("+")}
        return Address(channel, values.get(channel, value))

    def inbound(self, who: str, text: str = "", *, photos: Iterable[str] = (), external_id: str = "") -> Inbound:
        """What somebody writes, as the channel's own parser reads it."""
        self._inbounds += 1
        external_id = external_id or f"in-{self._inbounds:05}"
        sender = self.address(who)
        if sender.channel == "terminal":
            return terminal.parse(text, name=sender.value, external_id=external_id, now=self.now)
        if sender.channel == "webchat":
            media = tuple(Media(url) for url in photos)
            return webchat.parse({"id": external_id, "text": text}, sender, now=self.now, media=media)
        if sender.channel == "telegram":
            return self._update(sender, text, photos=photos)
        form = {"MessageSid": external_id, "From": sender.value, "To": account().from_number, "Body": text}
        form |= {f"MediaUrl{place}": url for place, url in enumerate(photos)}
        path, headers, body = SmsRig().request({"form": form})
        return sms.parse(account(), url_path=path, headers=headers, body=body, now=self.now)

    def _update(self, sender: Address, text: str, *, photos: Iterable[str]) -> Inbound:
        """What the messenger tells us of it."""
        person = {"id": int(sender.value), "is_bot": False}
        words: dict[str, Any] = {"text": text} if text else {"dice": {}}  # nobody can send nothing there
        shown = {"photo": [{"file_id": "PH1"}], "caption": text} if tuple(photos) else words
        told = {"message_id": self._inbounds, "from": person, "chat": {"id": person["id"], "type": "private"}, **shown}
        inbound = telegram_updates.parse(json.dumps({"update_id": self._inbounds, "message": told}).encode(), now=self.now).inbound
        assert inbound is not None
        return inbound

    def say(self, who: str, text: str = "", *, photos: Iterable[str] = ()) -> tuple[Heard, ...]:
        """Somebody writes; the answer is what every phone and screen is then sent."""
        return self.take(self.inbound(who, text, photos=photos))

    def take(self, inbound: Inbound) -> tuple[Heard, ...]:
        """An inbound comes in; the answer is what every phone and screen is then sent."""
        turn.receive(self.house, inbound, self.now)
        return self.heard()

    def give(self, who: str, command: Command[Any]) -> tuple[Heard, ...]:
        """A member of staff does something at the desk; the answer is what every phone and screen is then sent."""
        with self.store.read() as tx:
            known = people.at(tx, Address("sms", CAST[who]))
            assert known is not None
            grids = people.grids_of(tx, known.staff_id) if known.staff_id else ()
        actor = Actor("staff", Owner(known.person_id), known.staff_id, known.role or "", grids, "desk")
        turn.give(self.house, command, actor=actor, now=self.now)
        return self.heard()

    def wait(self, by: timedelta) -> tuple[Heard, ...]:
        """Time goes by, and whatever falls due on the way is done in its moment; the answer is what was sent meanwhile."""
        until, heard = self.now + by, list[Heard]()
        while (due := self._next_due()) is not None and due <= until:
            self.now = max(due, self.now)
            turn.fall_due(self.house, self.now)
            heard += self.heard()
        self.now = until
        turn.fall_due(self.house, self.now)
        return (*heard, *self.heard())

    def heard(self) -> tuple[Heard, ...]:
        """What waits in the outbox is sent, and every channel took it."""
        return tuple(
            sorted(
                (*self._pushed("sms"), *self._pushed("telegram"), *self._shown("terminal"), *self._shown("webchat")),
                key=lambda one: one.delivery_id,
            )
        )

    def cases(self) -> tuple[CaseView, ...]:
        """Every case as staff see it, oldest first."""
        with self.store.begin() as tx:
            return tuple(reversed(views.listed(tx, reader="tests", now=self.now)))

    def count(self, rows: Table, *where: ColumnElement[bool]) -> int:
        """How many rows there are."""
        with self.store.read() as tx:
            found = tx.first(select(func.count()).select_from(rows).where(*where))
        assert found is not None
        return int(found[0])

    def off_duty(self, who: str) -> None:
        """This member of staff has hours of duty, and they are not now."""
        with self.store.begin() as tx:
            known = people.at(tx, self.address(who))
            assert known is not None
            assert known.staff_id is not None
            people.add_duty(tx, known.staff_id, starts_at=self.now + timedelta(days=2), ends_at=self.now + timedelta(days=3))

    def _noted(self, name: str, flow: Flow) -> Flow:
        """The same talk; that it was had is noted."""

        def talk(*here: Any, **args: Any) -> Generator[Any, Any, Any]:
            self.flows.add(name)
            return flow(*here, **args)

        return talk

    def _pushed(self, channel: str) -> Iterator[Heard]:
        brush = Brush(self._channels[channel], TRANSLATOR)
        while True:
            with self.store.begin() as tx:
                claimed = outbox.claim(tx, (channel,), holder="tests", now=self.now, lease=LEASE, limit=100)
                sent = [drawing.outbound_for(one, brush, self.now) for one in claimed]
                outcomes = [Outcome(one, out.words, Sent(f"out-{one.id}")) for one, out in zip(claimed, sent, strict=True)]
                settling.settle(tx, outcomes, self.now)
            if not claimed:
                return
            yield from (Heard(self._who(out.to), channel, words_and_buttons(out, channel), out.delivery_id) for out in sent)

    def _shown(self, channel: str) -> Iterator[Heard]:
        brush = Brush(self._channels[channel], TRANSLATOR)
        for who in (*CAST, *SECOND):
            address = self.address(who)
            if address.channel != channel:
                continue
            with self.store.begin() as tx:
                known = people.at(tx, address)
                drawn = drawing.drawn(tx, brush, known.address_id, inbound_id=None, now=self.now) if known else ()
            yield from (Heard(who, channel, words_and_buttons(one, channel), one.delivery_id) for one in drawn)

    def _who(self, to: Address) -> str:
        found = (who for who in (*CAST, *SECOND) if to in (self.address(who), Address("sms", CAST.get(who, ""))))
        return next(found)

    def _next_due(self) -> datetime | None:
        with self.store.read() as tx:
            timers = tx.first(select(func.min(TIMER.c.due_at)).where(TIMER.c.tries < 5))
            waits = tx.first(select(func.min(QUESTION.c.expires_at)).where(QUESTION.c.closed_at.is_(None)))
        return min((found[0] for found in (timers, waits) if found and found[0]), default=None)

    def _add_addresses(self, tx: Tx) -> None:
        """Beside their phone everybody of the demo has a screen or a messenger, which is tried first; some have a second address."""
        for who, number in CAST.items():
            known = people.at(tx, Address("sms", number))
            if known is None:
                continue
            owner = Owner(known.person_id, known.household_id)
            if self.channel != "sms":
                self._add(tx, self.address(who), owner=owner, preference=-1)
            for other, (whose, _value, _fixed) in SECOND.items():
                if whose == who:
                    self._add(tx, self.address(other), owner=owner, preference=5)

    def _add(self, tx: Tx, address: Address, *, owner: Owner, preference: int) -> None:
        people.verify(tx, people.add_address(tx, address, owner, now=self.now, preference=preference), self.now)
