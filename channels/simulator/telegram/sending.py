"""What a page or a test asks an account to send, read into a draft."""

import base64
import binascii
from collections.abc import Callable, Mapping

from channels.simulator.telegram import files
from channels.simulator.telegram.accounts import Account
from channels.simulator.telegram.files import Described, Raw
from channels.simulator.telegram.posts import CAPTION_LIMIT, Draft, in_parts

LARGEST = 64 * 1024 * 1024  # bytes; more than a bot may fetch, so that the service's own limit can be tried

Asked = Mapping[str, object]

_TYPES = {
    "photo": "image/jpeg",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "video_note": "video/mp4",
    "document": "application/octet-stream",
}


def draft_from(asked: Asked, account: Account) -> Draft:
    """The draft that is asked for; ValueError says what is wrong with it."""
    content, kept = _content(asked, account)
    if isinstance(asked.get("media_group_id"), str):
        content = {"media_group_id": asked["media_group_id"], **content}
    reply_to = asked.get("reply_to")
    return Draft(content, kept, reply_to=reply_to if isinstance(reply_to, int) else None)


def clean(value: object) -> str:
    """The words of a value; JSON can hold half a character, which no client can send."""
    return str(value if value is not None else "").encode("utf-8", "replace").decode()


def _content(asked: Asked, account: Account) -> Described:
    for kind in files.kinds():
        if kind in asked:
            return _file_content(asked, kind)
    for kind, read in _READERS.items():
        if kind in asked:
            return read(asked[kind], account)
    raise ValueError(f"Send one of {', '.join((*_READERS, *files.kinds()))} or edit.")


def _file_content(asked: Asked, kind: str) -> Described:
    given = asked[kind]
    if not isinstance(given, Mapping):
        raise ValueError(f"{kind} is an object with bytes_base64 or size.")
    content, kept = files.described(kind, _raw(given, kind))
    caption = in_parts(clean(asked.get("caption")).strip(), CAPTION_LIMIT)[0]
    return {**content, **({"caption": caption} if caption else {})}, kept


def _raw(given: Asked, kind: str) -> Raw:
    size = _whole(given.get("size"), 0)
    if size > LARGEST:
        raise ValueError(f"size is at most {LARGEST}.")
    try:
        content = base64.b64decode(str(given.get("bytes_base64") or ""), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("bytes_base64 is not base64.") from None
    return Raw(
        content_type=clean(given.get("content_type") or _TYPES[kind]),
        content=content,
        size=size,
        name=clean(given.get("file_name")),
        width=_whole(given.get("width"), 1280),
        height=_whole(given.get("height"), 960),
        seconds=_whole(given.get("duration"), 1),
    )


def _text(given: object, account: Account) -> Described:
    text = clean(given).strip()
    if not text:
        raise ValueError("No client sends an empty text.")
    return {"text": text}, ()


def _location(given: object, account: Account) -> Described:
    if not isinstance(given, Mapping):
        raise ValueError("location is an object with latitude and longitude.")
    latitude, longitude = (given.get(name) for name in ("latitude", "longitude"))
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        raise ValueError("latitude and longitude are numbers.")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("latitude is from -90 to 90, longitude from -180 to 180.")
    return {"location": {**given, "latitude": latitude, "longitude": longitude}}, ()


def _contact(given: object, account: Account) -> Described:
    """One's own card carries one's own id; somebody else's carries theirs only when they are on the messenger."""
    if given == "own":
        if not account.phone:
            raise ValueError("This account has no phone number to share.")
        return {"contact": {"phone_number": account.phone, "first_name": account.first_name, "user_id": account.id}}, ()
    if not isinstance(given, Mapping) or not given.get("phone_number") or not given.get("first_name"):
        raise ValueError('contact is "own", or an object with phone_number and first_name.')
    return {"contact": dict(given)}, ()


def _sticker(given: object, account: Account) -> Described:
    _, (file,) = files.described("document", Raw("image/webp", size=1024))
    shown = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False, "emoji": clean(given)}
    return {"sticker": {**files.file_fields(file), **shown}}, (file,)


def _raw_fields(given: object, account: Account) -> Described:
    """Whatever kind of post the platform thinks of next."""
    if not isinstance(given, Mapping) or not given:
        raise ValueError("raw is an object with the fields of the post.")
    return dict(given), ()


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default


_READERS: dict[str, Callable[[object, Account], Described]] = {
    "text": _text,
    "location": _location,
    "contact": _contact,
    "sticker": _sticker,
    "raw": _raw_fields,
}
