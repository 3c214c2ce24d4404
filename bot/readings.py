"""How the text of a setting becomes its value, and the words for what is wrong with it when it cannot."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

CATALOGUES = Path(__file__).resolve().parent.parent / "locales"

Reading = Callable[[str], Any]


class Unusable(ValueError):
    """A value cannot be used; the words say what could be."""


def words(text: str) -> str:
    """Any text, as it is."""
    return text


def whole(low: int, high: int) -> Reading:
    """A reading of whole numbers between two limits, both included."""

    def reading(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise Unusable(f"it must be a whole number from {low} to {high}")
        return int(text)

    return reading


def one_of(*allowed: str) -> Reading:
    """A reading of a few known words, in small or capital letters."""

    def reading(text: str) -> str:
        if text.lower() not in allowed:
            raise Unusable(f"it must be one of {', '.join(allowed)}")
        return text.lower()

    return reading


def shaped(pattern: str, otherwise: str) -> Reading:
    """A reading of text of one shape; `otherwise` says which shape that is."""

    def reading(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise Unusable(otherwise)
        return text

    return reading


phone = shaped(r"\+[1-9][0-9]{6,14}", "it must be a phone number with + and country code, such as +8613800000000")
account_sid = shaped(r"AC[0-9A-Za-z]+", "it must be an account SID, which begins with AC")
messaging_service_sid = shaped(r"MG[0-9A-Za-z]+", "it must be a messaging service SID, which begins with MG")
host = shaped(r"[0-9A-Za-z.:_-]+", "it must be a host name or an IP address")
bot_token = shaped(r"[0-9]+:[0-9A-Za-z_-]+", "it must be digits, a colon and a key, as BotFather gives it")
# https://core.telegram.org/bots/api#setwebhook
hook_secret = shaped(r"[0-9A-Za-z_-]{1,256}", "it must be 1 to 256 letters, digits, _ and -")


def web_address(text: str) -> str:
    """An http or https address without a slash at its end."""
    otherwise = "it must be an address such as https://anlin.example.org, without ? and #"
    parts = _split(text, otherwise)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Unusable(otherwise)
    return text.rstrip("/")


def api_base(text: str) -> str:
    """The address of a platform's API: https, except on this machine."""
    address = web_address(text)
    if urlsplit(address).scheme == "http" and not is_loopback(address):
        raise Unusable("it must begin with https://, or our key would cross the network in the clear")
    return address


def database(text: str) -> str:
    """The address of a database, as SQLAlchemy takes it; for PostgreSQL always with the driver that is installed with us."""
    otherwise = "it must begin with sqlite:/// or postgresql:// and name a database that outlives the process"
    parts = _split(text, otherwise)
    if parts.scheme == "sqlite" and text.startswith("sqlite:///") and parts.path.strip("/") not in ("", ":memory:"):
        return text
    if parts.scheme in ("postgres", "postgresql", "postgresql+psycopg") and parts.path.strip("/"):
        return f"postgresql+psycopg://{text.split('://', 1)[1]}"
    raise Unusable(otherwise)


def time_zone(text: str) -> str:
    """The name of a time zone that this machine knows."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise Unusable("there is no such time zone; it must be one such as Asia/Shanghai") from fault
    return text


def language(text: str) -> str:
    """A language that has a catalogue."""
    known = languages()
    if text not in known:
        raise Unusable(f"there is no such catalogue; it must be one of {', '.join(known)}")
    return text


def folder(text: str) -> Path:
    """A folder that is there, or that we may make."""
    path = Path(text).expanduser().absolute()
    standing = next(part for part in (path, *path.parents) if part.exists())
    if not standing.is_dir():
        raise Unusable(f"{standing} is a file, not a folder")
    if not os.access(standing, os.W_OK | os.X_OK):
        raise Unusable(f"we may not write in {standing}")
    return path


def file(text: str) -> Path:
    """A file that we may read, or that we may make."""
    path = Path(text).expanduser().absolute()
    if path.is_dir():
        raise Unusable("it is a folder, not a file")
    if not path.exists():
        return folder(str(path.parent)) / path.name
    if not os.access(path, os.R_OK):
        raise Unusable("we may not read it")
    return path


def languages() -> tuple[str, ...]:
    """The languages that have a catalogue; English always, since the source sentences are English."""
    others = {path.parent.parent.name for path in CATALOGUES.glob("*/LC_MESSAGES/anlin.po")} - {"en"}
    return ("en", *sorted(others))


def is_loopback(url: str) -> bool:
    """Whether an address leads to this machine and nowhere else."""
    name = urlsplit(url).hostname or ""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _split(text: str, otherwise: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # a port that is no number is found out only when it is read
    except ValueError as fault:
        raise Unusable(otherwise) from fault
    return parts
