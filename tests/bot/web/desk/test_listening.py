"""Photos and recordings at the desk: for who may see their case, on record, in ranges, and kept by no browser."""

from __future__ import annotations

import pytest

from bot.attachments import Shelf, want
from bot.envelope import Media
from bot.store import audit
from bot.store.columns import table_of
from bot.store.tables import AttachmentRow
from tests.bot.web.desk.offices import ELSEWHERE, ROLES, Browser, Office
from tests.talks import Talks

SOUND = b"OggS" + bytes(range(256)) * 8
ATTACHMENT = table_of(AttachmentRow)


def kept(talks: Talks, shelf: Shelf, subject: str, *, content_type: str = "audio/ogg", state: str = "kept") -> int:
    """The id of something that was sent about this subject and fetched."""
    with talks.store.begin() as tx:
        key = tx.new_data_key(talks.now)
        made = want(tx, subject, media=Media("http://platform/1"), channel="sms", data_key_id=key, now=talks.now)
        tx.update(AttachmentRow, made, state=state, content_type=content_type, size=len(SOUND), file=f"{made}.sealed", why="It is gone.")
        shelf.put(f"{made}.sealed", tx.seal(key, SOUND))
    return made


@pytest.fixture
def number(talks: Talks) -> str:
    talks.say("邻居", "3号楼2单元电梯困人了")
    return talks.cases()[0].number


@pytest.mark.parametrize("handle", [*ROLES.values(), ELSEWHERE])
def test_who_sees_the_case_listens_and_it_is_on_record(talks: Talks, office: Office, number: str, handle: str) -> None:
    sound = kept(talks, office.shelf, f"case:{number}")

    answer = office.browser(handle).get(f"/desk/attachments/{sound}")

    may = handle != ELSEWHERE
    assert (answer.status_code, answer.data == SOUND) == ((200, True) if may else (404, False))
    with talks.store.read() as tx:
        assert [why for _at, _reader, why in audit.readings(tx, f"attachment:{sound}")] == (["attachment opened"] if may else [])


def test_no_browser_keeps_it_nor_takes_it_for_something_else(talks: Talks, office: Office, duty: Browser, number: str) -> None:
    answer = duty.get(f"/desk/attachments/{kept(talks, office.shelf, f'case:{number}')}")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "audio/ogg"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not {"ETag", "Last-Modified", "Expires"} & set(answer.headers.keys())


@pytest.mark.parametrize(
    ("asked", "status", "given"),
    [
        ("bytes=0-3", 206, SOUND[:4]),
        ("bytes=100-", 206, SOUND[100:]),
        ("bytes=-5", 206, SOUND[-5:]),
        ("bytes=0-999999", 206, SOUND),
        ("bytes=999999-", 416, None),
        ("bytes=5-1", 416, None),
        ("nonsense", 416, None),
    ],
)
def test_a_player_may_go_to_any_place(
    talks: Talks, office: Office, duty: Browser, number: str, asked: str, status: int, given: bytes
) -> None:
    answer = duty.get(f"/desk/attachments/{kept(talks, office.shelf, f'case:{number}')}", Range=asked)

    assert answer.status_code == status
    if given is not None:
        assert answer.data == given
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("content_type", "served", "disposition"),
    [
        ("image/jpeg", "image/jpeg", "inline"),
        ("audio/wav", "audio/wav", "inline"),
        ("video/mp4", "video/mp4", "inline"),
        ("application/pdf", "application/pdf", "attachment"),
        ("audio/amr", "audio/amr", "attachment"),
        ("text/html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("", "application/octet-stream", "attachment"),
    ],
)
def test_only_what_is_safe_is_shown_the_rest_is_saved(
    talks: Talks, office: Office, duty: Browser, number: str, content_type: str, served: str, disposition: str
) -> None:
    answer = duty.get(f"/desk/attachments/{kept(talks, office.shelf, f'case:{number}', content_type=content_type)}")

    assert answer.headers["Content-Type"].partition(";")[0] == served
    assert answer.headers["Content-Disposition"].startswith(disposition)


def test_what_is_not_a_cases_own_or_not_kept_is_not_there(talks: Talks, office: Office, duty: Browser, number: str) -> None:
    others = [
        kept(talks, office.shelf, "staff:3"),
        kept(talks, office.shelf, "case:99999"),
        kept(talks, office.shelf, "case:"),
        kept(talks, office.shelf, f"case:{number}", state="wanted"),
        kept(talks, office.shelf, f"case:{number}", state="gone"),
        999,
        2**31,
        10**40,
    ]

    assert {duty.get(f"/desk/attachments/{each}").status_code for each in others} == {404}
    assert duty.get("/desk/attachments/-1").status_code == 404
    assert duty.get("/desk/attachments/1/../../secret").status_code == 404


def test_a_file_that_is_gone_from_the_shelf_is_not_there(talks: Talks, office: Office, duty: Browser, number: str) -> None:
    sound = kept(talks, office.shelf, f"case:{number}")
    (office.shelf.folder / f"{sound}.sealed").unlink()

    assert duty.get(f"/desk/attachments/{sound}").status_code == 404


def test_the_page_of_a_case_offers_each_as_it_can_be_looked_at(talks: Talks, office: Office, duty: Browser, number: str) -> None:
    ids = [
        kept(talks, office.shelf, f"case:{number}", content_type=each)
        for each in ("image/png", "audio/wav", "video/mp4", "application/pdf")
    ]
    kept(talks, office.shelf, f"case:{number}", state="wanted")
    kept(talks, office.shelf, f"case:{number}", state="gone")
    kept(talks, office.shelf, "case:other")

    page = duty.get(f"/desk/cases/{number}").text

    assert f'<img src="/desk/attachments/{ids[0]}"' in page
    assert f'<audio controls preload="none" src="/desk/attachments/{ids[1]}"' in page
    assert f'<video controls preload="none" src="/desk/attachments/{ids[2]}"' in page
    assert f'<a class="button" href="/desk/attachments/{ids[3]}"' in page
    assert "第5件还在取。" in page
    assert "第6件没留下来。" in page
    assert "第7件" not in page
