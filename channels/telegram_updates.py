"""What the messenger tells us, read from its JSON (core.telegram.org/bots/api#update). What it adds one day does no harm."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec import field as named

from bot.envelope import Address, Inbound, Media, Pin
from bot.errors import Malformed

FILE = "telegram:"  # before a file's id, where another channel has a web address
NUMBERS = "sms"  # phone numbers are kept as addresses of this channel
BUTTON = "d"  # `d:123:2`: the second choice of the question in delivery 123

_IN_GROUP = frozenset({"member", "administrator", "creator", "restricted"})
_COMMAND = re.compile(r"/(start|help|status|report|sos)(?:@\w+)?(?:\s+(?P<about>.*))?", re.IGNORECASE | re.DOTALL)
_JOINS = "join-"  # begins what the code on a poster hands over
_WORD = {"start": "help", "help": "help", "status": "status", "report": "report", "sos": "SOS"}
_PRESSED = re.compile(rf"{BUTTON}:([0-9]{{1,18}}):(\S{{1,32}})", re.ASCII)
_PHONE = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)


class _From(Struct):
    id: int
    is_bot: bool = False
    language_code: str = ""


class _Chat(Struct):
    id: int
    type: str


class _File(Struct):
    file_id: str
    mime_type: str = ""
    file_size: int = 0


class _Spot(Struct):
    latitude: float
    longitude: float


class _Venue(Struct):
    location: _Spot
    title: str = ""
    address: str = ""


class _Contact(Struct):
    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None


class _Sticker(Struct):
    emoji: str = ""


class _Post(Struct):
    """One thing that somebody wrote, as far as we read it."""

    message_id: int
    chat: _Chat
    author: _From | None = named(name="from", default=None)
    text: str = ""
    caption: str = ""
    photo: list[_File] = []
    voice: _File | None = None
    audio: _File | None = None
    video: _File | None = None
    video_note: _File | None = None
    animation: _File | None = None
    document: _File | None = None
    location: _Spot | None = None
    venue: _Venue | None = None
    contact: _Contact | None = None
    sticker: _Sticker | None = None
    dice: Raw | UnsetType = UNSET
    poll: Raw | UnsetType = UNSET
    story: Raw | UnsetType = UNSET
    checklist: Raw | UnsetType = UNSET
    game: Raw | UnsetType = UNSET


class _Pressed(Struct):
    id: str
    author: _From = named(name="from")
    data: str = ""
    message: _Post | None = None


class _Standing(Struct):
    status: str


class _Membership(Struct):
    chat: _Chat
    author: _From = named(name="from")
    new: _Standing = named(name="new_chat_member")


class _Update(Struct):
    update_id: int
    message: Raw | UnsetType = UNSET
    edited_message: Raw | UnsetType = UNSET
    callback_query: Raw | UnsetType = UNSET
    my_chat_member: Raw | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Read:
    """One update: what somebody sent us, if anything, and what only the platform waits for.

    `query` is the id of a pressed button, which always wants an answer; `group` is a chat that we leave with a sentence.
    """

    id: int
    inbound: Inbound | None = None
    query: str = ""
    group: int = 0


class _Here(NamedTuple):
    """The update that is being read, and the moment."""

    id: int
    now: datetime

    def inbound(self, chat: _Chat, **said: Any) -> Inbound:
        # The update's own number: what is told twice has it twice, and nothing in it says who wrote.
        return Inbound("telegram", f"update:{self.id}", Address("telegram", str(chat.id)), self.now, **said)


def parse(update: bytes | Raw, *, now: datetime) -> Read:
    """The update in these bytes; one of a kind, or with a content, that says nothing to us has neither inbound nor anything else.

    Raises Malformed for what is no update at all.
    """
    try:
        told = msgspec.json.decode(update, type=_Update)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed from None
    here = _Here(told.update_id, now)
    try:
        return _read(here, told)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Read(here.id)


def _read(here: _Here, told: _Update) -> Read:
    if told.message is not UNSET:
        return _message(here, msgspec.json.decode(told.message, type=_Post))
    if told.edited_message is not UNSET:
        return _edited(here, msgspec.json.decode(told.edited_message, type=_Post))
    if told.callback_query is not UNSET:
        return _pressed(here, msgspec.json.decode(told.callback_query, type=_Pressed))
    if told.my_chat_member is not UNSET:
        return _membership(here, msgspec.json.decode(told.my_chat_member, type=_Membership))
    return Read(here.id)


def _message(here: _Here, post: _Post) -> Read:
    if post.chat.type in ("group", "supergroup"):
        return Read(here.id, group=post.chat.id)
    if not _is_from_person(post):
        return Read(here.id)
    content = _content(post)
    language = post.author.language_code if post.author else ""
    return Read(here.id, None if content is None else here.inbound(post.chat, language=language, **content))


def _edited(here: _Here, post: _Post) -> Read:
    """New words for old ones. A place that moves, or a picture that was exchanged, is told as an edit too and is none."""
    words = _words(post)
    if not (words and _is_from_person(post)):
        return Read(here.id)
    return Read(here.id, here.inbound(post.chat, text=words, edits=str(post.message_id)))


def _pressed(here: _Here, pressed: _Pressed) -> Read:
    found = _PRESSED.fullmatch(pressed.data)
    if found is None or pressed.author.is_bot or (pressed.message is not None and pressed.message.chat.type != "private"):
        return Read(here.id, query=pressed.id)
    chat = _Chat(pressed.author.id, "private")  # a person's own chat has the person's number
    return Read(here.id, here.inbound(chat, text=found[2], answers=int(found[1])), query=pressed.id)


def _membership(here: _Here, membership: _Membership) -> Read:
    if membership.chat.type != "private":
        is_in = membership.new.status in _IN_GROUP and membership.chat.type in ("group", "supergroup")
        return Read(here.id, group=membership.chat.id if is_in else 0)
    wish = "stop" if membership.new.status in ("kicked", "left") else "start"
    return Read(here.id, here.inbound(membership.chat, wish=wish))


def _is_from_person(post: _Post) -> bool:
    return post.chat.type == "private" and post.author is not None and not post.author.is_bot


def _content(post: _Post) -> dict[str, Any] | None:
    """What was said, shown or pointed at; None for what the platform itself puts into a chat."""
    if post.contact is not None:
        own = _own_number(post, post.contact)
        if own is not None:
            return {"also": own}
        return {"text": f"{_line(post.contact.first_name, post.contact.last_name)} {post.contact.phone_number}".strip()}
    spot = post.venue.location if post.venue else post.location
    if spot is not None:
        named_as = _line(post.venue.title, post.venue.address) if post.venue else ""
        return {"text": named_as, "pin": _pin(spot)}
    words, media = _words(post), _media(post)
    if not (words or media or _is_unread(post)):
        return None
    return {"text": words or (post.sticker.emoji if post.sticker else ""), "media": media}


def _is_unread(post: _Post) -> bool:
    """Whether it is something that a person sent and we cannot read: they are asked for words."""
    return post.sticker is not None or any(part is not UNSET for part in (post.dice, post.poll, post.story, post.checklist, post.game))


def _words(post: _Post) -> str:
    text = (post.text or post.caption).replace("\x00", "")
    found = _COMMAND.fullmatch(text.strip())
    if found is None:
        return text
    word = found[1].lower()
    about = (found["about"] or "").strip()
    if word == "start":
        return f"register {about.replace('-', '_')}" if about.startswith(_JOINS) else _WORD[word]  # "join" alone would be an English word
    return f"{_WORD[word]} {about}".strip()


def _media(post: _Post) -> tuple[Media, ...]:
    """Files in the order of the platform's own precedence; of a photo's sizes the largest. A document repeats an animation."""
    if post.photo:
        largest = max(reversed(post.photo), key=lambda size: size.file_size)
        return (_kept(largest, "image/jpeg"),)
    usual = (
        (post.voice, "audio/ogg"),
        (post.audio, "audio/mpeg"),
        (post.video, "video/mp4"),
        (post.video_note, "video/mp4"),
        (post.animation, "video/mp4"),
        (post.document, ""),
    )
    return tuple(_kept(file, content_type) for file, content_type in usual if file is not None)[:1]


def _kept(file: _File, content_type: str) -> Media:
    return Media(FILE + file.file_id, file.mime_type or content_type)


def _pin(spot: _Spot) -> Pin | None:
    """A place; none where it cannot be one: a phone without reception says 0, 0, which is in the sea."""
    if not (-90 <= spot.latitude <= 90 and -180 <= spot.longitude <= 180) or (spot.latitude, spot.longitude) == (0, 0):
        return None
    return Pin(spot.latitude, spot.longitude)


def _own_number(post: _Post, contact: _Contact) -> Address | None:
    """The sender's own number, on a card that the platform made for them; anybody can write any other card."""
    digits = re.sub(r"\D", "", contact.phone_number)
    is_own = post.author is not None and contact.user_id == post.author.id
    return Address(NUMBERS, f"+{digits}") if is_own and _PHONE.fullmatch(digits) else None


def _line(*parts: str) -> str:
    return " ".join(filter(None, parts))
