"""The composition root: the rooms and channels of the house, named here and handed to whoever needs them."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import Blueprint

from bot import answering, conversations, receipts, turn, unseen
from bot.attachments import Shelf
from bot.calendar import load_years
from bot.carriers import NO_ACCOUNT, NO_BOT, account_of, bot_of, channels, own_page, simulator_of, uploads_of
from bot.clock import Clock, Waker, clock_of
from bot.dispatcher import Dispatcher, new_holder
from bot.drawing import Brush
from bot.envelope import Address, Inbound, Receipt
from bot.errors import SettingsFault, StoreDown
from bot.lease import Lease
from bot.room import House, Room, Sight
from bot.router import COMMANDS, STAFF_COMMANDS
from bot.settings import Settings, on_port
from bot.store import accounts
from bot.store.begin import Store
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from bot.translate import Translator, load_translator
from bot.triage.triage import triage
from bot.web.desk.desk import desk_pages
from bot.web.desk.door import Door
from bot.web.desk.proof import Passwords
from bot.web.front import front
from bot.web.health import health
from bot.web.hooks import sms_hooks
from bot.web.portal import DOOR, Portal, portal_pages
from bot.web.ring import Bell, ring_hooks
from bot.web.server import WebServer, create_app, listen
from bot.web.telegram import telegram_hooks
from bot.web.training import training
from bot.web.voice import Hotline, voice_hooks
from channels.contract import Channel
from channels.ring import Ring
from channels.telegram_listening import House as Hearing
from channels.telegram_listening import Listener
from channels.twilio import TwilioAccount
from channels.voice import Voice
from channels.webchat import Webchat
from workflows.cases import records as cases
from workflows.places import records as places
from workflows.residents import records as residents
from workflows.residents.outside import Outside

log = logging.getLogger(__name__)
SILENT_FOR = timedelta(minutes=2)  # longer than any sweep takes
KIN = {"voice": "sms"}  # who rings from a number also reads its texts


def rooms(outside: Outside | None = None) -> tuple[Room, ...]:
    """Every room of the house; `outside` is what the room of residents must ask of channels and catalogues."""
    return (places.room(), cases.room(load_years()), residents.room(outside or Outside()))


@dataclass(frozen=True, slots=True)
class Base:
    """What every command stands on: the settings, the open database, its clock and the words."""

    settings: Settings
    store: Store
    clock: Clock
    translator: Translator


def open_base(settings: Settings) -> Base:
    """The database is there with this release's tables, opened with its key; both are made where there are none.

    Raises `SettingsFault` when the key does not fit the database.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_file = settings.sealing_key_file
    is_new_key = not key_file.exists()
    store = Store(settings.database_url, Vault(KeyFile.load_or_make(key_file)))
    try:
        store.migrate()
    except SettingsFault:
        if is_new_key:  # one that opens nothing would be taken for the lost one, and backed up
            key_file.unlink(missing_ok=True)
        raise
    return Base(settings, store, clock_of(store), load_translator(settings.language, settings.zone))


def house_of(base: Base, *also: Channel) -> House:
    """The house: everything a turn needs. What a channel can do is asked of the settings, whichever process has it open."""
    settings = base.settings
    account = account_of(settings) or (NO_ACCOUNT if settings.simulator_on else None)
    bot = bot_of(settings) or (NO_BOT if settings.simulator_on else None)
    connected = (*channels(settings, account, bot, clock=base.clock, translator=base.translator), *also)
    by_name = {channel.name: channel for channel in connected}

    def can_reach(address: Address) -> bool:
        channel = by_name.get(address.channel)
        return channel is None or channel.capability(address).reaches  # a channel of another process comes for its own

    def can_answer(address: Address) -> bool:
        channel = by_name.get(address.channel)
        return channel is not None and channel.capability(address).two_way

    def is_abroad(address: Address) -> bool:
        channel = by_name.get(address.channel)
        return channel is None or channel.capability(address).abroad

    return House(
        store=base.store,
        rooms=rooms(Outside(can_reach, can_answer, is_abroad, wording=base.translator.worded)),
        translator=base.translator,
        vocabulary=base.translator.vocabulary(COMMANDS),
        look=look,
        can_reach=can_reach,
        can_answer=can_answer,
        staff_vocabulary=base.translator.vocabulary(STAFF_COMMANDS),
        is_abroad=is_abroad,
        kin=KIN,
        inbound_per_minute=base.settings.inbound_per_minute,
    )


def look(text: str, language: str | None) -> Sight:
    """The first glance at an inbound: there is advice where there may be danger."""
    found = triage(text, language)
    return Sight(found.advice is not None, found.category)


class Anlin:
    """The whole service in one process: hooks, sweeps and dispatcher on one database, and the simulator where no account is given."""

    def __init__(self, base: Base, *, serves: bool = True, works: bool = True) -> None:
        """The ports are taken and everything is put together; nothing is answered or sent before `start`.

        Raises `PortTaken` when a port is somebody else's.
        """
        self._socket = listen(base.settings.host, base.settings.port) if serves else None
        settings = on_port(base.settings, self._socket.getsockname()[1]) if self._socket else base.settings
        self.base = replace(base, settings=settings)
        self.simulator = simulator_of(settings) if settings.simulator_on and serves else None
        account, bot = account_of(settings, self.simulator), bot_of(settings, self.simulator)
        connected = channels(settings, account, bot, clock=base.clock, translator=base.translator)
        self.house = house_of(self.base)
        self._shelf = Shelf(settings.data_dir / "attachments", settings.media_max_bytes)
        self.dispatcher = self._dispatcher(connected) if works else None
        self._waker = Waker((self.sweep, self.tidy)) if works else None
        self._listener = Listener(bot, self._hearing()) if bot and serves else None
        self._web = self._pages(account) if self._socket else None

    @property
    def url(self) -> str:
        """Where this service answers on this machine."""
        settings = self.base.settings
        return f"http://{'127.0.0.1' if settings.host in ('0.0.0.0', '::') else settings.host}:{settings.port}"  # noqa: S104 -- compared, not bound

    @property
    def is_alive(self) -> bool:
        """Whether sweeps end and deliveries leave; a process in which they do not had better be started anew."""
        sweeps = self._waker is None or self._waker.is_awake(SILENT_FOR)
        return sweeps and (self.dispatcher is None or self.dispatcher.is_running)

    def start(self) -> None:
        """Requests are answered, timers fall due and deliveries leave from now on."""
        if self.simulator:
            self.simulator.service_url = self.url
        if self._web:
            self._web.start()  # before all else: a channel that takes long to load keeps nobody waiting
        if self.dispatcher and self._waker:
            with contextlib.suppress(StoreDown):
                self.tidy()  # before anything is given up
            self.dispatcher.start()
            self._waker.start()
        if self._listener:
            self._listener.start()

    def stop(self) -> None:
        """What is under way is finished, for ten seconds at most; what is not keeps its lease and is tried again after the next start."""
        if self._listener:
            self._listener.stop()
        if self._web:
            self._web.stop()
        if self._waker:
            self._waker.stop()
        if self.dispatcher:
            self.dispatcher.stop()
        if self.simulator:
            self.simulator.stop()
        self.base.store.close()

    def sweep(self) -> int:
        """Everything that is due now is done."""
        return turn.fall_due(self.house, self.base.clock.now())

    def tidy(self) -> None:
        """What nobody looked at is on its way to another address, and what browsers left behind is cleared away."""
        unseen.look_after(self.base.store, (Webchat.name,), self.base.clock.now())
        uploads_of(self.base.settings).sweep(self.base.clock.now())

    def take(self, inbound: Inbound) -> None:
        """An inbound is committed."""
        turn.receive(self.house, inbound, self.base.clock.now())

    def settle(self, receipt: Receipt) -> None:
        """A receipt is kept and counted."""
        with self.base.store.begin() as tx:
            receipts.take(tx, receipt, self.base.clock.now())

    def move_clock(self, by: timedelta) -> None:
        """In training: it is `by` later, and what has fallen due in between is done."""
        self.base.clock.move(self.base.store, by)
        self.sweep()
        if self.dispatcher:
            self.dispatcher.nudge()

    def _dispatcher(self, connected: tuple[Channel, ...]) -> Dispatcher:
        base = self.base
        dispatcher = Dispatcher(base.store, connected, translator=base.translator, clock=base.clock.now)
        dispatcher.fetch_to(self._shelf)
        return dispatcher

    def _hearing(self) -> Hearing:
        base = self.base
        return Hearing(
            take=lambda inbound: turn.receive(self.house, inbound, base.clock.now()).taken_as,
            turn=Lease(base.store, "telegram", new_holder(), base.clock.now),
            clock=base.clock.now,
            translate=base.translator.on_screen,
            own=base.translator.own,
            languages=base.translator.languages,
        )

    def _hotline(self, account: TwilioAccount) -> Hotline:
        base = self.base
        channel = Voice(account)
        brush = Brush(channel, base.translator)
        return Hotline(
            account,
            take=lambda inbound: answering.answer(self.house, brush, inbound, now=base.clock.now()),
            redraw=lambda address, one: answering.once_more(self.house, brush, address, delivery_id=one, now=base.clock.now()),
            translator=base.translator,
            clock=base.clock.now,
            draw=channel.draw,
            duty_phone=base.settings.duty_phone,
        )

    def _bell(self, account: TwilioAccount) -> Bell:
        base = self.base
        brush = Brush(Ring(account), base.translator)
        return Bell(
            take=lambda call, telephone: answering.picked_up(self.house, brush, call, telephone=telephone, now=base.clock.now()),
            settle=self.settle,
        )

    def _door(self) -> Door:
        base, wall = self.base, Clock().now
        with base.store.begin() as tx:
            secret = accounts.desk_key(tx, wall())
        return Door(
            store=base.store,
            translator=base.translator,
            clock=base.clock.now,
            wall=wall,
            public_url=base.settings.public_url,
            secret=secret,
            passwords=Passwords(),
            idle=timedelta(minutes=base.settings.desk_idle_minutes),
            is_training=base.settings.simulator_on,
        )

    def _portal(self) -> Portal:
        base, store, now = self.base, self.base.store, self.base.clock.now
        brush = Brush(*own_page(base.settings), base.translator)
        return Portal(
            take=self.take,
            news=lambda address, after: conversations.news(store, brush, address, after=after, now=now()),
            history=lambda address: conversations.history(store, brush, address, now=now()),
            photo=lambda address, one: conversations.photo(store, self._shelf, address, attachment_id=one, now=now()),
            is_known=lambda address: conversations.is_known(store, address),
            is_danger=lambda words: look(words, None).danger,
            translator=base.translator,
            clock=now,
            uploads=uploads_of(base.settings),
            media_max_bytes=base.settings.media_max_bytes,
            public_url=base.settings.public_url,
        )

    def _pages(self, account: TwilioAccount | None) -> WebServer:
        assert self._socket is not None
        base, settings = self.base, self.base.settings
        blueprints: list[Blueprint] = [
            health({"database": base.store.ready}),
            front(self.simulator.url if self.simulator else "", base.translator, base.clock.now),
            portal_pages(self._portal()),
            desk_pages(self._door(), self.house, self._shelf),
        ]
        if account:
            blueprints.append(sms_hooks(account, take=self.take, settle=self.settle, clock=self.base.clock.now))
            hotline = self._hotline(account)
            blueprints += [voice_hooks(hotline), ring_hooks(hotline, self._bell(account))]
        if self._listener and self.base.settings.telegram_secret:
            blueprints.append(telegram_hooks(self.base.settings.telegram_secret, self._listener.hear))
        if self.simulator and account:
            blueprints.append(training(account, self.move_clock))
        return WebServer(create_app(blueprints), self._socket, threads=settings.web_threads, most_bytes=DOOR * settings.media_max_bytes)
