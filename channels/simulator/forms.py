"""The forms that the platform posts: an inbound text and a receipt (twilio.com/docs/messaging/guides/webhook-request)."""

from collections.abc import Mapping
from datetime import datetime

from channels.simulator.keywords import opt_out_of
from channels.simulator.texts import Text

API_VERSION = "2010-04-01"

# Only what a first look at a number tells; +999 belongs to no country.
_COUNTRIES = {"+86": "CN", "+852": "HK", "+853": "MO", "+886": "TW", "+1": "US", "+44": "GB"}


def inbound_form(text: Text, account_sid: str, *, messaging_service_sid: str, media_base: str) -> dict[str, str]:
    """The form of an inbound text; each picture is an address under `media_base`."""
    form = {
        "ToCountry": country_of(text.recipient),
        "ToState": "",
        "ToCity": "",
        "ToZip": "",
        "FromCountry": country_of(text.sender),
        "FromState": "",
        "FromCity": "",
        "FromZip": "",
        "MessageSid": text.sid,
        "SmsMessageSid": text.sid,
        "SmsSid": text.sid,
        "SmsStatus": "received",
        "AccountSid": account_sid,
        "From": text.sender,
        "To": text.recipient,
        "Body": text.body,
        "NumMedia": str(len(text.media)),
        "NumSegments": str(text.segments),
        "ApiVersion": API_VERSION,
    }
    word = opt_out_of(text.body)
    return form | _pool(messaging_service_sid) | ({"OptOutType": word} if word else {}) | _media(text, media_base)


def receipt_form(text: Text, status: str, account_sid: str, *, now: datetime) -> dict[str, str]:
    """The form that reports one status of an outbound text."""
    form = {
        "MessageSid": text.sid,
        "SmsSid": text.sid,
        "MessageStatus": status,
        "SmsStatus": status,
        "AccountSid": account_sid,
        "From": text.sender,
        "To": text.recipient,
        "ApiVersion": API_VERSION,
    }
    if status in ("delivered", "undelivered"):
        form["RawDlrDoneDate"] = now.strftime("%y%m%d%H%M")
    if status == text.status and text.error_code is not None:
        form["ErrorCode"] = str(text.error_code)
    return form | _pool(text.messaging_service_sid)


def country_of(number: str) -> str:
    """The two letters of a number's country, empty when unknown; the longest prefix wins."""
    prefixes: Mapping[str, str] = _COUNTRIES
    return next((prefixes[number[:length]] for length in (4, 3, 2) if number[:length] in prefixes), "")


def _pool(messaging_service_sid: str) -> dict[str, str]:
    return {"MessagingServiceSid": messaging_service_sid} if messaging_service_sid else {}


def _media(text: Text, base: str) -> dict[str, str]:
    form = {}
    for place, media in enumerate(text.media):
        form[f"MediaUrl{place}"] = f"{base}/{text.sid}/Media/{media.sid}"
        form[f"MediaContentType{place}"] = media.content_type
    return form
