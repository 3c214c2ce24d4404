"""The portal for residents: the web chat on a page of ours. It works without a script; with one nothing is loaded anew.

What is said is acknowledged only after the commit. No page holds a thread: the event stream gives what is new and ends.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge

from bot.conversations import Said
from bot.envelope import Address, Inbound, Media
from bot.errors import InboundRefused, StoreDown, where
from bot.prompt import Phrase, _, phrase
from bot.translate import Translator
from bot.web import visitor
from bot.web.allowance import Allowance
from bot.web.pages import reads, worded
from channels import webchat
from channels.media import MediaRefused, typed
from channels.uploads import Uploads
from workflows.residents.words import place_of_code

log = logging.getLogger(__name__)

RETRY = 2000  # milliseconds until a page asks again
DOOR = 3  # so many times the largest photo may be posted: the words beside one that is too large are taken all the same
NEW_A_MINUTE = 30  # conversations begun from one client address; behind a proxy that names nobody, from all of them
NEW_THROUGH_PROXY = 600
PHOTOS_A_MINUTE = 10
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SAYS = {"sos": _("SOS"), "report": _("Report a problem"), "status": _("My cases")}
REGISTER = "register "  # before the code of a stair, as the messenger hands it over too
ANY_ID = 2**31 - 1
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})

TOO_LARGE = _("The photo is larger than {limit} MB, so we did not take it. Please send a smaller one.")
ALL_TOO_LARGE = _("This is more than we can take at once. Please send it in parts.")
NO_PHOTO = _("This file is no photo, recording or PDF, whatever its name says, so we did not take it.")
TOO_MANY_PHOTOS = _("These are many photos at once. Please wait a minute and send the rest then.")
NO_PLACE = _("We could not read the place. Please write the building, stair and floor.")
NOTHING = _("There was nothing in it. Please write a few words.")
BUSY = _("Very many people are writing just now. Please send it again in a minute. In danger, call 119, 120 or 110.")
DOWN = _("Our system cannot take it just now. Please send it again in a moment. In danger, call 119, 120 or 110.")
ELSEWHERE = _("This did not come from our own page, so we did not take it. Please open the page anew and send it again.")
ENDED = _("The conversation has ended on this device. What you reported goes on.")
FORGETS = _(
    "What you wrote has arrived, but this browser does not let us remember the conversation: you cannot see our answers here. "
    "In danger, call 119, 120 or 110."
)
ODD = _("We could not read this. Please load the page anew and send it again.")


@dataclass(frozen=True, slots=True)
class Portal:
    """What the pages need. `take` commits an inbound; `news` and `history` tell what waits at an address, and what was said there."""

    take: Callable[[Inbound], object]
    news: Callable[[Address, int], tuple[Said, ...] | None]
    history: Callable[[Address], tuple[Said, ...] | None]
    photo: Callable[[Address, int], tuple[bytes, str] | None]
    is_known: Callable[[Address], bool]
    is_danger: Callable[[str], bool]
    translator: Translator
    clock: Callable[[], datetime]
    uploads: Uploads
    media_max_bytes: int
    public_url: str

    @property
    def is_secure(self) -> bool:
        return self.public_url.startswith("https:")


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a form: its status, the sentence for whoever posted it, and the token that the browser is to hold."""

    status: HTTPStatus = HTTPStatus.OK
    note: Phrase | None = None
    token: str = ""


def portal_pages(portal: Portal) -> Blueprint:
    """The pages and streams of the web chat."""
    pages = Blueprint("portal", __name__, template_folder="templates")
    worded(pages, portal.translator, portal.clock)
    counter = _Counter(portal, Allowance(NEW_A_MINUTE), Allowance(NEW_THROUGH_PROXY), Allowance(PHOTOS_A_MINUTE))

    @pages.get("/chat")
    def chat() -> Response:
        return _page(portal, note=_arriving())

    @pages.post("/chat/say")
    def say() -> Response:
        request.max_content_length = DOOR * portal.media_max_bytes
        answer = _said(counter)
        return _told(portal, answer) if _by_script() else _shown(portal, answer)

    @pages.post("/chat/end")
    def end() -> Response:
        return _ended(portal)

    @pages.get("/chat/events")
    def events() -> Response:
        return _events(portal)

    @pages.get("/chat/photo/<int:attachment>")
    def photo(attachment: int) -> Response:
        return _own_photo(portal, attachment)

    @pages.context_processor
    def keys() -> dict[str, Any]:
        return {"registers": _registers}

    @pages.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "same-origin"  # with none at all a form would not say where it comes from
        return response

    return pages


# What is said


@dataclass(frozen=True, slots=True)
class _Counter:
    """The portal and its brakes."""

    portal: Portal
    new: Allowance
    new_through_proxy: Allowance
    photos: Allowance

    def lets_begin(self, sender: Address, words: str) -> bool:
        """Whether these words may begin a conversation: those that sound like danger always may."""
        client = request.remote_addr or ""
        brake = self.new_through_proxy if client in ("127.0.0.1", "::1") else self.new
        if self.portal.is_known(sender):
            return True
        return brake.takes(client, self.portal.clock()) or self.portal.is_danger(words)


def _said(counter: _Counter) -> Answer:
    """The form is taken. A photo that cannot be is told of, and never costs the words beside it."""
    portal = counter.portal
    if not visitor.is_from_our_page(portal.public_url):
        return Answer(HTTPStatus.FORBIDDEN, Phrase(ELSEWHERE))
    try:
        form = _form(portal)
        held = visitor.token() or visitor.given(form.get("token", "")) or visitor.new_token()
        return _taken(counter, held, form)
    except RequestEntityTooLarge:
        return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Phrase(ALL_TOO_LARGE))
    except StoreDown:
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, Phrase(DOWN))
    except InboundRefused as refused:
        return Answer(HTTPStatus(refused.status), Phrase(ODD))
    except Exception as fault:
        log.error("not taken page=%s: %s", request.path, where(fault))
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, Phrase(DOWN))


def _taken(counter: _Counter, held: str, form: dict[str, str]) -> Answer:
    portal, now = counter.portal, counter.portal.clock()
    sender = webchat.address_of(held)
    bare = webchat.parse(form, sender, now=now)
    if not counter.lets_begin(sender, bare.text):
        return Answer(HTTPStatus.TOO_MANY_REQUESTS, Phrase(BUSY))
    media, note = _photo(counter, sender, now=now)
    if note is None and (form.get("latitude") or form.get("longitude")) and bare.pin is None:
        note = Phrase(NO_PLACE)
    if not (bare.text or bare.pin or media):
        return Answer(HTTPStatus.BAD_REQUEST, note or Phrase(NOTHING))
    read_in = reads(portal.translator)
    language = read_in if read_in != portal.translator.own else ""  # our own is what everybody reads who has chosen nothing
    portal.take(webchat.parse(form, sender, now=now, media=media, language=language))
    return Answer(HTTPStatus.OK, note, held)


def _form(portal: Portal) -> dict[str, str]:
    """What was filled in; a key of the menu says its words, before those that were typed beside it; that of a poster names its stair."""
    form = {name: value for name, value in request.form.items() if isinstance(value, str)}
    if place_of_code(form.get("key", "")):
        form["text"] = REGISTER + form["key"].replace("-", "_")  # "join" alone would be an English word
    key = SAYS.get(form.get("key", ""))
    if key is not None:
        words = portal.translator.on_screen(key, reads(portal.translator))
        form["text"] = f"{words} {form.get('text', '').strip()}".strip() if form["key"] == "sos" else words
    return form


def _photo(counter: _Counter, sender: Address, *, now: datetime) -> tuple[tuple[Media, ...], Phrase | None]:
    """The photo of the form, sealed and laid by; or why it was not taken."""
    portal, file = counter.portal, request.files.get("photo")
    if file is None or not file.filename:
        return (), None
    content = file.stream.read(portal.media_max_bytes + 1)
    if len(content) > portal.media_max_bytes:
        return (), phrase(TOO_LARGE, limit=portal.media_max_bytes // 1_000_000)
    try:
        fetched = typed(content)
    except MediaRefused:
        return (), Phrase(NO_PHOTO)
    if not counter.photos.takes(sender.value, now):
        return (), Phrase(TOO_MANY_PHOTOS)
    return (Media(portal.uploads.put(fetched.content, now), fetched.content_type),), None


# What is shown


def _by_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _told(portal: Portal, answer: Answer) -> Response:
    """The script's answer: what became of it, in a sentence if there is something to say."""
    language = reads(portal.translator)
    note = portal.translator.say(answer.note, language, "screen", portal.clock()) if answer.note else ""
    response = Response(json.dumps({"note": note}, ensure_ascii=False), status=answer.status, mimetype="application/json")
    if answer.token:
        visitor.remember(response, answer.token, secure=portal.is_secure)
    return response


def _shown(portal: Portal, answer: Answer) -> Response:
    """The page: anew at its own address once the words are taken, else at once with the words kept."""
    if answer.status is not HTTPStatus.OK or answer.note is not None:
        return _page(portal, status=answer.status, note=answer.note, token=answer.token)
    response = _plain(redirect("/chat#newest" if visitor.token() else "/chat?begun=1#newest", HTTPStatus.SEE_OTHER))
    visitor.remember(response, answer.token, secure=portal.is_secure)
    return response


def _arriving() -> Phrase | None:
    """What there is to say to somebody who was sent here after posting a form."""
    if "ended" in request.args:
        return Phrase(ENDED)
    return Phrase(FORGETS) if "begun" in request.args and not visitor.token() else None


def _page(portal: Portal, *, status: HTTPStatus = HTTPStatus.OK, note: Phrase | None = None, token: str = "") -> Response:
    held = token or visitor.token()
    try:
        said = portal.history(webchat.address_of(held)) if held else None
    except StoreDown:
        said, status, note = None, HTTPStatus.SERVICE_UNAVAILABLE, note or Phrase(DOWN)
    typed_words = request.form.get("text", "") if status is not HTTPStatus.OK and not _is_too_large(status) else ""
    page = render_template(
        "chat.html",
        said_before=said or (),
        note=note,
        typed=typed_words,
        after=max((one.delivery_id for one in said or ()), default=0),
        **fields(),
        here="/chat",
        forgets=Phrase(FORGETS),
        stair=_stair(),
        limit=portal.media_max_bytes,
        retry=RETRY,
    )
    response = Response(page, status=status, mimetype="text/html")
    if said is not None:
        visitor.remember(response, held, secure=portal.is_secure)
    return response


def _stair() -> str:
    """The stair whose poster was scanned, as it is handed over."""
    given = request.args.get("at", "")
    return given if place_of_code(given) else ""


def _registers(words: str) -> bool:
    """Whether these words came of the key that registers a stair; what is shown of them is the key's."""
    return words.startswith(REGISTER) and place_of_code(words.removeprefix(REGISTER)) is not None


def _ended(portal: Portal) -> Response:
    """The browser no longer holds the conversation; the conversation itself stays."""
    if not visitor.is_from_our_page(portal.public_url):
        return _page(portal, status=HTTPStatus.FORBIDDEN, note=Phrase(ELSEWHERE))
    response = _plain(redirect("/chat?ended=1", HTTPStatus.SEE_OTHER))
    visitor.forget(response, secure=portal.is_secure)
    return response


def fields() -> dict[str, Any]:
    """What every form brings along: an id, by which a second post of it is known, and the token of a conversation not begun yet."""
    return {"form_id": visitor.new_token(), "token": "" if visitor.token() else visitor.new_token()}


def _is_too_large(status: HTTPStatus) -> bool:
    return status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE  # its words cannot be read either


def _own_photo(portal: Portal, attachment: int) -> Response:
    held = visitor.token()
    found = portal.photo(webchat.address_of(held), attachment) if held and attachment <= ANY_ID else None
    if found is None or found[1] not in SHOWN:
        return Response(status=HTTPStatus.NOT_FOUND)
    return Response(found[0], mimetype=found[1])


def _events(portal: Portal) -> Response:
    """What is new since the delivery that the page saw last; then the stream ends, and the page asks again."""
    held = visitor.token()
    try:
        said = portal.news(webchat.address_of(held), _seen()) if held else None
    except StoreDown:
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    if said is None:
        return Response(status=HTTPStatus.NO_CONTENT)  # nothing will come: a browser does not ask again
    lines = [f"retry: {RETRY}\n\n"]
    for one in said:
        shown = render_template("said.html", one=one)
        lines.append(f"id: {one.delivery_id}\ndata: {json.dumps({'id': one.delivery_id, 'shown': shown}, ensure_ascii=False)}\n\n")
    return Response("".join(lines), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _seen() -> int:
    """The delivery that the page saw last, by the stream's own count or by what it was loaded with."""
    counts = (request.headers.get("Last-Event-ID", ""), request.args.get("after", ""))
    return max((int(count) for count in counts if count.isascii() and count.isdecimal() and len(count) <= 18), default=0)


def _plain(response: Any) -> Response:
    assert isinstance(response, Response)
    return response
