"""The carrier: which phones there are, what it refuses, what becomes of a text.

It knows no network and no clock: the moment is an argument, and the caller holds the lock.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from channels.simulator import china, refusals
from channels.simulator.faults import UNDELIVERED, Trouble
from channels.simulator.keywords import ANSWERS, opt_out_of
from channels.simulator.refusals import RefusedError
from channels.simulator.segments import segments_of
from channels.simulator.texts import Direction, Media, Phone, Status, Submission, Text

E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
BODY_LIMIT = 1600  # characters, whatever the alphabet
VALIDITY_LIMIT = 36_000  # seconds
KEPT = 50_000  # texts; the oldest are forgotten, so that a broadcast can be tried for hours


class CannotSendError(Exception):
    """This phone cannot send a text to the service."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the service rents from the carrier."""

    sid: str
    numbers: tuple[str, ...]
    messaging_service_sid: str = ""


class Carrier:
    """Phones, texts, and who has opted out of what."""

    def __init__(self, account: Account, phones: Iterable[Phone]) -> None:
        """Connect the phones; nobody has texted yet."""
        if not account.numbers or not all(E164.fullmatch(number) for number in account.numbers):
            raise ValueError("The service needs at least one number, such as +99910012345.")
        self.account = account
        self._phones: dict[str, Phone] = {}
        self._texts: dict[str, Text] = {}
        self._talks: dict[str, dict[str, None]] = {}  # phone -> sids, in order
        self._stopped: set[tuple[str, str]] = set()
        self._words = china.SameWords()
        self._ids = self._revisions = 0
        for phone in phones:
            self.connect(phone)

    # Phones

    def connect(self, phone: Phone) -> None:
        """The phone is on the page; the same number again renames it."""
        if not E164.fullmatch(phone.number):
            raise ValueError(f"{phone.number!r} is not a phone number such as +99913800000001.")
        if phone.number in self.account.numbers:
            raise ValueError(f"{phone.number} is the number that the phones write to.")
        self._phones[phone.number] = phone

    def phones(self) -> tuple[Phone, ...]:
        """All phones, in the order in which they were connected."""
        return tuple(self._phones.values())

    # From the service to a phone

    def submit(self, asked: Submission, *, trouble: Trouble | None, now: datetime) -> Text:
        """The text is in the log with what becomes of it; RefusedError when the platform would not take it."""
        self._check_form(asked)
        sender = asked.sender or self.account.numbers[0]
        self._check_numbers(sender, asked.to, trouble)
        filtered = china.verdict(self._words, asked.to, asked.body, now=now)
        error_code = UNDELIVERED.get(trouble, filtered) if trouble else filtered
        return self._carry(asked, sender, error_code=error_code, now=now)

    def reply(self, inbound: Text, body: str, *, now: datetime) -> Text | None:
        """A reply that the service put into its answer to the webhook; None when the phone cannot get it."""
        asked = Submission(to=inbound.sender, sender=inbound.recipient, body=body)
        try:
            text = self.submit(asked, trouble=None, now=now)
        except RefusedError:
            return None
        return self._keep(replace(text, direction="outbound-reply"))

    def _check_form(self, asked: Submission) -> None:
        if not asked.to:
            raise RefusedError(refusals.TO_MISSING)
        if not E164.fullmatch(asked.to):
            raise RefusedError(refusals.TO_INVALID, asked.to)
        self._check_sender(asked)
        if not asked.body and not asked.media_urls:
            raise RefusedError(refusals.BODY_MISSING)
        if len(asked.body) > BODY_LIMIT:
            raise RefusedError(refusals.BODY_TOO_LONG)
        for url in asked.media_urls:
            if not url.startswith(("http://", "https://")):
                raise RefusedError(refusals.MEDIA_INVALID, url)
        if asked.validity_period and not _is_validity(asked.validity_period):
            raise RefusedError(refusals.VALIDITY_INVALID)

    def _check_sender(self, asked: Submission) -> None:
        if not asked.sender and not asked.messaging_service_sid:
            raise RefusedError(refusals.FROM_MISSING)
        if asked.messaging_service_sid and asked.messaging_service_sid != self.account.messaging_service_sid:
            raise RefusedError(refusals.POOL_UNKNOWN, asked.messaging_service_sid)
        if asked.sender and asked.sender not in self.account.numbers:
            raise RefusedError(refusals.FROM_NOT_OURS, asked.sender)

    def _check_numbers(self, sender: str, to: str, trouble: Trouble | None) -> None:
        if to == sender:
            raise RefusedError(refusals.TO_IS_FROM)
        if trouble is Trouble.LANDLINE or self._is_landline(to):
            raise RefusedError(refusals.LANDLINE, to)
        if trouble is Trouble.BLOCKED or (self._scope(sender), to) in self._stopped:
            raise RefusedError(refusals.STOPPED)

    def _carry(self, asked: Submission, sender: str, *, error_code: int | None, now: datetime) -> Text:
        media = tuple(Media(_sid("ME"), "", source_url=url) for url in asked.media_urls)
        text = replace(
            self._written("outbound-api", sender, asked.to, body=asked.body, now=now),
            sid=_sid("MM" if media else "SM"),
            media=media,
            status="delivered" if error_code is None else "undelivered",
            error_code=error_code,
            status_callback=asked.status_callback,
            messaging_service_sid=asked.messaging_service_sid,
        )
        return self._keep(text)

    # From a phone to the service

    def take_in(self, sender: str, to: str, *, body: str, media: tuple[Media, ...], now: datetime) -> Text:
        """The text of a phone is in the log, and the carrier has obeyed it if it is STOP, START or HELP."""
        self._check_sending_phone(sender, to)
        text = self._written("inbound", sender, to, body=body, now=now)
        text = self._keep(replace(text, sid=_sid("MM" if media else "SM"), media=media))
        self._obey(text, now)
        return text

    def note_hook(self, sid: str, *, status: int | None, error_code: int | None) -> None:
        """The log says what the service answered to this inbound."""
        if sid in self._texts:
            self._keep(replace(self._texts[sid], hook_status=status, error_code=error_code))

    def _check_sending_phone(self, sender: str, to: str) -> None:
        if not E164.fullmatch(sender):
            raise CannotSendError(f"{sender!r} is not a phone number such as +99913800000001.")
        if to not in self.account.numbers:
            raise CannotSendError(f"Nobody answers at {to}; the service has {', '.join(self.account.numbers)}.")
        if china.is_mainland(sender):
            raise CannotSendError("A phone of mainland China cannot text this carrier's numbers: two-way SMS is not offered for +86.")
        if self._is_landline(sender):
            raise CannotSendError("A landline cannot send texts.")

    def _obey(self, text: Text, now: datetime) -> None:
        word = opt_out_of(text.body)
        if word is None:
            return
        stop = (self._scope(text.recipient), text.sender)
        if word == "STOP":
            self._stopped.add(stop)
        elif word == "START":
            self._stopped.discard(stop)
        self._keep(self._written("carrier", text.recipient, text.sender, body=ANSWERS[word], now=now))

    # Reading

    def text(self, sid: str) -> Text | None:
        """One text of the service's log."""
        found = self._texts.get(sid)
        return None if found is None or found.direction == "carrier" else found

    def log(self) -> tuple[Text, ...]:
        """All texts of the service's log, newest first, as the platform lists them."""
        return tuple(text for text in reversed(self._texts.values()) if text.direction != "carrier")

    def talk(self, number: str) -> tuple[Text, ...]:
        """What went to and came from one phone, oldest first, the carrier's own words included."""
        return tuple(self._texts[sid] for sid in self._talks.get(number, ()))

    def redact(self, text: Text) -> Text:
        """The words are gone from the log, the fact stays."""
        return self._keep(replace(text, body=""))

    # Shared

    def _is_landline(self, number: str) -> bool:
        phone = self._phones.get(number)
        return phone is not None and phone.kind == "landline"

    def _scope(self, number: str) -> str:
        """What a STOP covers: all numbers of a messaging account, else the one number it was sent to."""
        return self.account.messaging_service_sid or number

    def _written(self, direction: Direction, sender: str, recipient: str, *, body: str, now: datetime) -> Text:
        self._ids += 1
        status: Status = "received" if direction == "inbound" else "delivered"
        return Text(self._ids, 0, _sid("SM"), direction, sender, recipient, body, segments_of(body), status, created_at=now)

    def _keep(self, text: Text) -> Text:
        self._revisions += 1
        text = replace(text, revision=self._revisions)
        self._texts[text.sid] = text
        self._talks.setdefault(text.phone, {})[text.sid] = None
        if len(self._texts) > KEPT:
            self._forget(next(iter(self._texts)))
        return text

    def _forget(self, sid: str) -> None:
        talk = self._talks[self._texts.pop(sid).phone]
        del talk[sid]


def _is_validity(period: str) -> bool:
    return period.isascii() and period.isdigit() and 1 <= int(period) <= VALIDITY_LIMIT


def _sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)
