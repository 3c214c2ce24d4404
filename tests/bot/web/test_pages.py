"""A page speaks the language of whoever reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Blueprint, Flask, render_template_string
from flask.testing import FlaskClient

from bot.prompt import YES_NO
from bot.translate import load_translator
from bot.web.pages import worded

YES = YES_NO[0].words


@pytest.fixture
def client() -> FlaskClient:
    pages = Blueprint("pages", "bot.web")
    worded(pages, load_translator("zh_CN", ZoneInfo("Asia/Shanghai")), lambda: datetime(2026, 11, 20, tzinfo=UTC))
    pages.add_url_rule("/", view_func=lambda: render_template_string('{{ html_language }}:{{ _("' + YES + '") }}'))
    app = Flask("bot")
    app.register_blueprint(pages)
    return app.test_client()


@pytest.mark.parametrize(
    ("asked", "wanted", "read"),
    [
        ("/", "", "zh-CN:是"),
        ("/", "en-GB,en;q=0.9,zh;q=0.5", "en:Yes"),
        ("/", "fr-FR,zh-TW;q=0.8", "zh-CN:是"),
        ("/", "fr-FR", "zh-CN:是"),
        ("/?language=en", "zh-CN", "en:Yes"),
        ("/?language=tlh", "en", "en:Yes"),
        ("/?language=", "not a ; header ,,", "zh-CN:是"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_browsers_else_our_own(client: FlaskClient, asked: str, wanted: str, read: str) -> None:
    assert client.get(asked, headers={"Accept-Language": wanted}).get_data(as_text=True) == read


def test_a_choice_is_remembered(client: FlaskClient) -> None:
    client.get("/?language=en")
    assert client.get("/", headers={"Accept-Language": "zh-CN"}).get_data(as_text=True) == "en:Yes"
    assert client.get("/?language=zh_CN").get_data(as_text=True) == "zh-CN:是"
