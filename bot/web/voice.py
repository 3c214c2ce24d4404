"""The hotline's hooks. What a caller hears is drawn from the same deliveries as everywhere, after the commit; with the database away
the emergency numbers are still said and the duty number is dialled."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from bot.envelope import Address, Inbound, Outbound
from bot.errors import InboundRefused, where
from bot.prompt import Phrase, _, phrase
from bot.translate import Translator
from bot.web.broken import Speaker, broken
from bot.web.hooks import answered, asked_path
from channels import twiml, voice
from channels.twilio import Form, TwilioAccount, signed_form
from channels.twiml import Frame
from channels.voice import Step

log = logging.getLogger(__name__)

RECORD = _("I did not catch that. Say it after the tone, then press hash. What you say is recorded, and a person listens to it.")
MORE = _("If there is anything else, say it now. Otherwise just hang up.")
GOODBYE = _("Thank you. Goodbye.")
IN_ENGLISH = _("For English, press {key}.")  # in a catalogue: how to go on in its own language
NOT_REACHED = _("Nobody picked up yet. We go on calling and will get back to you. In danger, call 119, 120 or 110. Goodbye.")


@dataclass(frozen=True, slots=True)
class Hotline:
    """What the hooks need: `take` commits an inbound and draws its answer, `redraw` draws one delivery at this address once more."""

    account: TwilioAccount
    take: Callable[[Inbound], tuple[Outbound, ...]]
    redraw: Callable[[Address, int], tuple[Outbound, ...]]
    translator: Translator
    clock: Callable[[], datetime]
    draw: Callable[[tuple[str, ...]], str]
    duty_phone: str = ""

    def said(self, words: str | Phrase, language: str) -> str:
        """A sentence of the hotline's own, as it is spoken in this language."""
        meant = words if isinstance(words, Phrase) else Phrase(words)
        return self.draw((self.translator.say(meant, language, "spoken", self.clock()),))


def voice_hooks(hotline: Hotline) -> Blueprint:
    """The hooks of a call: it begins, it is answered, recorded, connected, and ends."""
    hooks = Blueprint("voice", __name__)

    @hooks.post(voice.CALL_PATH)
    def call() -> Response:
        return spoken(hotline, lambda form: _greeted(hotline, form))

    @hooks.post(voice.ANSWER_PATH)
    def answer() -> Response:
        return spoken(hotline, lambda form: _taken(hotline, form, voice.answered(form, url_path=asked_path(), now=hotline.clock())))

    @hooks.post(voice.RECORDING_PATH)
    def recording() -> Response:
        return spoken(hotline, lambda form: _kept(hotline, form))

    @hooks.post(voice.DIALLED_PATH)
    def dialled() -> Response:
        return spoken(hotline, lambda form: _after_dialling(hotline, form))

    @hooks.post(voice.STATUS_PATH)
    def status() -> Response:
        return answered(lambda: over(hotline, voice.hung_up(form_of(hotline), now=hotline.clock())))

    return hooks


def _greeted(hotline: Hotline, form: Form) -> str:
    """Whoever has never told us their language hears, after the question, how to go on in another."""
    outbounds = hotline.take(voice.arrived(form, now=hotline.clock()).inbound)
    return _heard(hotline, form, outbounds, offers=any(not outbound.is_language_known for outbound in outbounds))


def _taken(hotline: Hotline, form: Form, step: Step) -> str:
    """What was said is taken; the star puts the same words again, and what was not understood is recorded."""
    if step.delivery is not None and step.key == voice.REPEAT:
        return _heard(hotline, form, hotline.redraw(step.inbound.sender, step.delivery))
    if step.inbound.answers is not None:
        asked = next((each for each in hotline.redraw(step.inbound.sender, step.inbound.answers) if each.asks), None)
        if asked is not None and not asked.choices:  # a key says nothing where words are asked for
            return twiml.recording(hotline.said(RECORD, asked.language), language=asked.language, delivery=asked.delivery_id)
    elif step.is_silent:
        return _heard(hotline, form, ())
    return _heard(hotline, form, hotline.take(step.inbound))


def _kept(hotline: Hotline, form: Form) -> str:
    """The recording is taken. Who hung up to end it has left; what would have been asked next goes on elsewhere."""
    step = voice.recorded(form, url_path=asked_path(), now=hotline.clock())
    outbounds = hotline.take(step.inbound)
    if step.is_last:
        over(hotline, voice.hung_up(form, now=hotline.clock(), after=f"{step.delivery}"))
    return _heard(hotline, form, outbounds)


def _heard(hotline: Hotline, form: Form, outbounds: tuple[Outbound, ...], *, offers: bool = False) -> str:
    own = hotline.translator.own
    language = outbounds[-1].language if outbounds else own
    other = next((each for each in hotline.translator.languages if each != own and each in voice.IN_LANGUAGE), "") if offers else ""
    frame = Frame(
        hotline.said(MORE, language),
        hotline.said(GOODBYE, language),
        language,
        other=other,
        in_other=hotline.said(phrase(IN_ENGLISH, key=voice.OTHER_LANGUAGE), other) if other else "",
        caller_id="" if voice.is_named(form) else form.get("To", ""),
    )
    return twiml.heard(outbounds, frame)


def _after_dialling(hotline: Hotline, form: Form) -> str:
    language = hotline.translator.language(request.args.get("language"))
    words = GOODBYE if voice.was_reached(form) else NOT_REACHED
    return twiml.closing(hotline.said(words, language), language=language)


def over(hotline: Hotline, step: Step | None) -> None:
    """What was being asked in a call that has ended goes on elsewhere."""
    if step is not None:
        hotline.take(step.inbound)


def spoken(hotline: Hotline, work: Callable[[Form], str], *, dial: str | None = None) -> Response:
    """What is heard on the line; with the database away, the emergency numbers, and then the duty room unless another number is given."""
    try:
        words = work(form_of(hotline))
    except InboundRefused as refused:
        log.warning("refused hook=%s status=%s", request.path, refused.status)
        return Response(str(refused), status=refused.status, mimetype="text/plain")
    except RequestEntityTooLarge:
        raise
    except Exception as fault:  # whatever is wrong with us, the caller hears the numbers
        log.error("hotline broken hook=%s: %s", request.path, where(fault))
        return Response(_broken(hotline, hotline.duty_phone if dial is None else dial), mimetype="text/xml")
    return Response(words, mimetype="text/xml")


def form_of(hotline: Hotline) -> Form:
    """The form of this request, which the platform has signed."""
    return signed_form(hotline.account, url_path=asked_path(), headers=dict(request.headers), body=request.get_data())


def _broken(hotline: Hotline, dial: str) -> str:
    speaker = Speaker(hotline.translator, hotline.draw, hotline.clock())
    return broken(speaker, (hotline.translator.own,), duty_phone=dial)
