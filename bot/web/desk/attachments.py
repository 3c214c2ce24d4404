"""Photos and recordings, looked at and listened to at the desk: for who may see their case, on record, and kept by no browser."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, abort, send_file
from werkzeug.wrappers import Response as AnyResponse

from bot.attachments import Shelf, attached, open_attachment
from bot.web.desk.door import STAFF, Door, actor, only
from workflows.cases import views
from workflows.cases.doors import grids_seen

LARGEST_ID = 2**31 - 1  # of a row on PostgreSQL
# What browsers show or play themselves, by what the bytes were found to be; everything else is only ever saved.
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
SOUNDS = frozenset({"audio/ogg", "audio/mpeg", "audio/wav", "audio/mp4"})
FILMS = frozenset({"video/mp4"})
ENDINGS = {
    "application/pdf": "pdf",
    "audio/amr": "amr",
    "image/heic": "heic",
    "video/3gpp": "3gp",
    "video/quicktime": "mov",
}


def kind_of(content_type: str) -> str:
    """How a page shows it: picture, sound, film, or file."""
    shown = {"picture": PICTURES, "sound": SOUNDS, "film": FILMS}
    return next((kind for kind, types in shown.items() if content_type in types), "file")


def attachment_pages(desk: Blueprint, door: Door, shelf: Shelf) -> None:
    """`/desk/attachments/ID`, whole or a range of it."""

    @desk.get(f"/attachments/<int(max={LARGEST_ID}):attachment_id>")
    @only(*STAFF)
    def attachment(attachment_id: int) -> AnyResponse:
        number = _case_of(door, attachment_id)
        opened = open_attachment(door.store, shelf, attachment_id, reader=str(actor()), why="attachment opened", now=door.clock())
        if opened is None:
            abort(404)
        content, content_type = opened
        is_file = kind_of(content_type) == "file"
        response = send_file(
            BytesIO(content),
            mimetype=content_type if not is_file or content_type in ENDINGS else "application/octet-stream",
            as_attachment=is_file,
            download_name=f"{number}-{attachment_id}.{ENDINGS.get(content_type, 'bin')}" if is_file else f"{number}-{attachment_id}",
            conditional=True,
        )
        response.headers["Cache-Control"] = "no-store"
        return response


def _case_of(door: Door, attachment_id: int) -> str:
    """The number of its case; not there at all for who may not see that case."""
    with door.store.read() as tx:
        found = attached(tx, attachment_id)
        number = found.subject.removeprefix("case:") if found and found.subject.startswith("case:") else ""
        if not number or not views.is_there(tx, number, grids_seen(actor())):
            abort(404)
    return number
