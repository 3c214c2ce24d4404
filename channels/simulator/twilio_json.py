"""How the platform writes a text, its log and a refusal as JSON (twilio.com/docs/messaging/api/message-resource)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TypeVar
from urllib.parse import urlencode

from flask import Response, json, request

from channels.simulator.forms import API_VERSION
from channels.simulator.refusals import RefusedError
from channels.simulator.texts import Text

PAGE_SIZE, LARGEST_PAGE = 50, 1000
FILTERS = ("To", "From", "DateSent", "DateSent>", "DateSent<", "Status", "ParentCallSid")

Item = TypeVar("Item")


def text_fields(text: Text, account_sid: str, *, status: str = "") -> dict[str, object]:
    """A text as the platform's JSON shows it."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{text.sid}"
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": text.body,
        "date_created": format_datetime(text.created_at),
        "date_sent": None if status else format_datetime(text.created_at),
        "date_updated": format_datetime(text.created_at),
        "direction": text.direction,
        "error_code": None if status else text.error_code,
        "error_message": None,
        "from": None if status == "accepted" else text.sender,
        "messaging_service_sid": text.messaging_service_sid or None,
        "num_media": str(len(text.media)),
        "num_segments": str(text.segments),
        "price": None,
        "price_unit": None,
        "sid": text.sid,
        "status": status or text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": text.recipient,
        "uri": f"{uri}.json",
    }


def page_of_log(log: Iterable[Text], account_sid: str) -> dict[str, object]:
    """The page of the log that the current request asks for, newest first."""
    matching = [text for text in log if _is_asked_for(text)]
    return page_of("messages", matching, lambda text: text_fields(text, account_sid))


def page_of(name: str, matching: Sequence[Item], fields: Callable[[Item], object]) -> dict[str, object]:
    """The page of these that the current request asks for."""
    size = min(max(request.args.get("PageSize", PAGE_SIZE, type=int), 1), LARGEST_PAGE)
    number = max(request.args.get("Page", 0, type=int), 0)
    start = number * size
    shown = matching[start : start + size]
    return {
        name: [fields(item) for item in shown],
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "uri": _page_uri(number, size),
        "first_page_uri": _page_uri(0, size),
        "previous_page_uri": _page_uri(number - 1, size) if number else None,
        "next_page_uri": _page_uri(number + 1, size) if len(matching) > start + size else None,
    }


def json_answer(fields: object, status: int = 200) -> Response:
    """An answer as the platform types it."""
    return Response(json.dumps(fields), status=status, content_type="application/json; charset=utf-8")


def refused(error: RefusedError) -> Response:
    """A refusal as the platform writes it."""
    refusal = error.refusal
    fields = {
        "code": refusal.code,
        "message": str(error),
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }
    return json_answer(fields, refusal.status)


def _is_asked_for(text: Text) -> bool:
    asked = request.args
    on, since, until = (_instant(asked.get(name, "")) for name in ("DateSent", "DateSent>", "DateSent<"))
    return (
        asked.get("To", text.recipient) == text.recipient
        and asked.get("From", text.sender) == text.sender
        and (on is None or on.date() == text.created_at.date())
        and (since is None or text.created_at >= since)
        and (until is None or text.created_at <= until)
    )


def _instant(value: str) -> datetime | None:
    """A day or an instant as the platform's clients write it; what cannot be read filters nothing."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _page_uri(number: int, size: int) -> str:
    kept = {name: request.args[name] for name in FILTERS if name in request.args}
    return f"{request.path}?{urlencode(kept | {'PageSize': size, 'Page': number})}"
