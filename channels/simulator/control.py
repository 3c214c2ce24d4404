"""The control API, JSON on loopback: what tests and the page do with the phones, the troubles and the clock."""

import base64
import binascii
import secrets
from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from channels.simulator.asking import AskedWronglyError, asked_fields, control_blueprint, number_in
from channels.simulator.carrier import CannotSendError
from channels.simulator.exchange import Exchange, TakenIn
from channels.simulator.faults import Fault, fault_from
from channels.simulator.texts import Media, Phone, Text, phone_from

LARGEST_MEDIA = 64 * 1024 * 1024  # bytes; more than the platform takes, so that the service's own limit can be tried
SETTLE_SECONDS = 10.0
FURTHEST_MOVE = 366 * 86_400  # seconds


def control_api(exchange: Exchange) -> Blueprint:
    """The blueprint of `/control/...`."""
    api = control_blueprint("control")
    _add_phone_routes(api, exchange)
    _add_trouble_routes(api, exchange)
    _add_clock_routes(api, exchange)
    return api


def _add_phone_routes(api: Blueprint, exchange: Exchange) -> None:
    @api.get("/phones")
    def phones() -> ResponseReturnValue:
        return jsonify(phones=_phones(exchange), numbers=exchange.settings.numbers)

    @api.post("/phones")
    def connect() -> ResponseReturnValue:
        return jsonify(_connect(exchange, asked_fields())), 201

    @api.get("/phones/<number>/texts")
    def talk(number: str) -> ResponseReturnValue:
        after, changed_after = (request.args.get(name, 0, type=int) for name in ("after", "changed_after"))
        texts = [text for text in exchange.talk(number) if text.id > after and text.revision > changed_after]
        return jsonify(texts=[_text(text) for text in texts])

    @api.post("/texts")
    def take_in() -> ResponseReturnValue:
        return jsonify(_taken(_take_in(exchange, asked_fields()))), 201

    @api.get("/texts/<sid>/media/<media_sid>")
    def media(sid: str, media_sid: str) -> ResponseReturnValue:
        found = exchange.text(sid)
        for one in found.media if found else ():
            if one.sid == media_sid:
                return Response(one.content, content_type=one.content_type)
        raise AskedWronglyError("There is no such picture.", 404)


def _add_trouble_routes(api: Blueprint, exchange: Exchange) -> None:
    @api.get("/faults")
    def listed() -> ResponseReturnValue:
        return jsonify(_troubles(exchange))

    @api.post("/faults")
    def add() -> ResponseReturnValue:
        try:
            exchange.add_fault(fault_from(asked_fields()))
        except ValueError as error:
            raise AskedWronglyError(str(error)) from None
        return jsonify(_troubles(exchange)), 201

    @api.delete("/faults")
    def clear() -> ResponseReturnValue:
        exchange.clear_faults()
        return jsonify(_troubles(exchange))

    @api.post("/release")
    def release() -> ResponseReturnValue:
        return jsonify(released=exchange.release())

    @api.post("/settle")
    def settle() -> ResponseReturnValue:
        is_settled = exchange.settle(number_in(asked_fields().get("timeout"), SETTLE_SECONDS))
        return jsonify(settled=is_settled), 200 if is_settled else 504


def _add_clock_routes(api: Blueprint, exchange: Exchange) -> None:
    @api.get("/clock")
    def shown() -> ResponseReturnValue:
        return jsonify(_clock(exchange))

    @api.post("/clock")
    def move() -> ResponseReturnValue:
        seconds = asked_fields().get("seconds")
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds <= FURTHEST_MOVE:
            raise AskedWronglyError("seconds is a whole number, 1 or more, of at most a year: time only goes on.")
        answer = exchange.move_clock(seconds)
        return jsonify(_clock(exchange) | {"hook_status": answer.status, "hook_body": answer.body, "accepted": answer.is_accepted})

    @api.get("/overview")
    def overview() -> ResponseReturnValue:
        return jsonify(_troubles(exchange) | {"phones": _phones(exchange), "clock": _clock(exchange)})


def _connect(exchange: Exchange, asked: Mapping[str, object]) -> dict[str, object]:
    try:
        phone = phone_from(asked)
        exchange.connect(phone)
    except ValueError as error:
        raise AskedWronglyError(str(error)) from None
    return _phone(phone)


def _take_in(exchange: Exchange, asked: Mapping[str, object]) -> TakenIn:
    # JSON can hold half a character, which no phone can send.
    sender, body = (str(asked.get(name) or "").encode("utf-8", "replace").decode() for name in ("from", "body"))
    to = str(asked.get("to") or exchange.settings.numbers[0])
    try:
        return exchange.take_in(sender, to, body=body, media=_media_from(asked.get("media") or []))
    except CannotSendError as error:
        raise AskedWronglyError(str(error), 409) from None


def _media_from(asked: object) -> tuple[Media, ...]:
    if not isinstance(asked, list):
        raise AskedWronglyError("media is a list.")
    return tuple(_one_media(one) for one in asked)


def _one_media(asked: object) -> Media:
    """A picture from its bytes, or zeros of a given size where only the size matters."""
    if not isinstance(asked, dict) or not isinstance(asked.get("content_type"), str):
        raise AskedWronglyError("Each of media needs a content_type, and bytes_base64 or size.")
    size, encoded = asked.get("size"), asked.get("bytes_base64")
    if isinstance(size, int) and 0 <= size <= LARGEST_MEDIA:
        return Media("ME" + secrets.token_hex(16), asked["content_type"], bytes(size))
    try:
        content = base64.b64decode(encoded or "", validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise AskedWronglyError("bytes_base64 is not base64.") from None
    return Media("ME" + secrets.token_hex(16), asked["content_type"], content)


def _phone(phone: Phone) -> dict[str, object]:
    return {"number": phone.number, "label": phone.label, "kind": phone.kind}


def _phones(exchange: Exchange) -> list[dict[str, object]]:
    return [_phone(phone) | {"last_id": last.id if last else 0} for phone, last in exchange.phones()]


def _taken(taken: TakenIn) -> dict[str, object]:
    last = taken.answers[-1]
    return {
        "sid": taken.text.sid,
        "id": taken.text.id,
        "hook_status": last.status,
        "hook_statuses": [answer.status for answer in taken.answers],
        "attempts": sum(answer.attempts for answer in taken.answers),
        "error_code": last.error_code,
    }


def _text(text: Text) -> dict[str, object]:
    return {
        "id": text.id,
        "revision": text.revision,
        "sid": text.sid,
        "direction": text.direction,
        "from": text.sender,
        "to": text.recipient,
        "body": text.body,
        "segments": text.segments,
        "status": text.status,
        "arrived": text.has_arrived,
        "error_code": text.error_code,
        "hook_status": text.hook_status,
        "at": text.created_at.isoformat(),
        "media": [_media(text, media) for media in text.media],
    }


def _media(text: Text, media: Media) -> dict[str, str]:
    own = f"/control/texts/{text.sid}/media/{media.sid}"
    return {"content_type": media.content_type, "url": media.source_url or own}


def _troubles(exchange: Exchange) -> dict[str, object]:
    return {"faults": [_fault(fault) for fault in exchange.listed_faults()], "held": exchange.held()}


def _fault(fault: Fault) -> dict[str, object]:
    return {"kind": fault.trouble, "number": fault.number, "left": fault.left, "seconds": fault.seconds}


def _clock(exchange: Exchange) -> dict[str, object]:
    return {"now": exchange.now().isoformat(), "ahead_seconds": int(exchange.ahead().total_seconds())}
