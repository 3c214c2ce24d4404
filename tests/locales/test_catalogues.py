"""The tool that keeps the catalogues: what it finds, what it adds, what it leaves alone."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from locales import catalogues
from locales.__main__ import main

CODE = """
from bot.prompt import _, say
HELLO = _("Hello, {name}.")
LONG = _("One sentence "
         "in two pieces.")
def flow():
    yield from say(_("Where are you?"))
    print("not marked")
"""


def catalogue(language: str, *entries: tuple[str, str, str | None]) -> Catalog:
    made = Catalog(locale=language, domain="anlin")
    for words, said, context in entries:
        made.add(words, said, context=context)
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for language in ("en", "zh_CN"):
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        catalogues.write(catalogue(language), folder / "anlin.po")
    return tmp_path


def test_marked_sentences_are_found_and_nothing_else(tmp_path: Path) -> None:
    for package in catalogues.PACKAGES:
        (tmp_path / package / "inside").mkdir(parents=True)
    (tmp_path / "workflows" / "inside" / "flow.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "bot" / "notes.txt").write_text('_("in no program")', encoding="utf-8")
    (tmp_path / "bot" / "page.html").write_text('<h1>{{ _("A page.") }}</h1> {{ other("in no catalogue") }}', encoding="utf-8")
    assert catalogues.living(tmp_path) == {"A page.", "Hello, {name}.", "One sentence in two pieces.", "Where are you?"}


def test_a_catalogue_comes_back_as_it_was_written_in_the_order_of_its_sentences(home: Path) -> None:
    path = home / "zh_CN" / "LC_MESSAGES" / "anlin.po"
    long = "一" * 200
    catalogues.write(catalogue("zh_CN", ("Zebra", "斑马", None), ("Apple", long, None), ("Apple", "苹果", "sms")), path)
    written = path.read_text(encoding="utf-8")
    assert written.index('"Apple"') < written.index('"Zebra"')
    assert f'msgstr "{long}"' in written
    again = catalogues.read(path)
    assert (again.get("Apple").string, again.get("Apple", context="sms").string) == (long, "苹果")
    catalogues.write(again, path)
    assert path.read_text(encoding="utf-8") == written


def test_what_is_compiled_can_be_said_in_every_wording(home: Path) -> None:
    path = home / "zh_CN" / "LC_MESSAGES" / "anlin.po"
    catalogues.write(catalogue("zh_CN", ("Come", "请您过来", None), ("Come", "请来", "sms")), path)
    assert [made.name for made in catalogues.compile_all(home)] == ["anlin.mo", "anlin.mo"]
    said = gettext.translation("anlin", home, ["zh_CN"])
    assert (said.gettext("Come"), said.pgettext("sms", "Come"), said.pgettext("spoken", "Come")) == ("请您过来", "请来", "Come")


def test_a_new_sentence_waits_for_its_translation_and_is_told_as_missing() -> None:
    held = catalogue("zh_CN", ("Old", "旧", None))
    catalogues.add_missing(held, {"Old", "New"})
    assert held.get("Old").string == "旧"
    assert not held.get("New").string
    assert catalogues.missing(held, {"Old", "New"}) == ["New"]


def test_a_wording_for_one_channel_is_no_translation_for_all() -> None:
    held = catalogue("zh_CN", ("Come", "请来", "sms"))
    assert catalogues.missing(held, {"Come"}) == ["Come"]


def test_english_is_the_source_and_is_never_missing() -> None:
    held = catalogue("en")
    catalogues.add_missing(held, {"New"})
    assert catalogues.faults(held, {"New"}) == []
    assert held.get("New") is None


def test_stale_sentences_go_with_all_their_wordings_and_only_they() -> None:
    held = catalogue("zh_CN", ("Gone", "没了", None), ("Gone", "没", "sms"), ("Here", "在", None), ("Here", "还在", "spoken"))
    assert len(catalogues.stale(held, {"Here"})) == 2
    catalogues.drop_stale(held, {"Here"})
    assert {(entry.id, entry.context) for entry in held if entry.id} == {("Here", None), ("Here", "spoken")}


FAULTS = [
    ("zh_CN", ("Hello", "", None), "has no translation"),
    ("zh_CN", ("Gone", "没了", None), "is no longer said"),
    ("zh_CN", ("Hello", "你好", "shouted"), "unknown context"),
    ("zh_CN", ("Hello", "", "sms"), "empty wording for sms"),
    ("en", ("Hello", "Good day", None), "from English to English"),
    ("zh_CN", ("Case {number}", "办件", None), "loses number"),
    ("zh_CN", ("Case {number}", "办件{nummer}", None), "does not fill: nummer"),
    ("zh_CN", ("Case {number}", "办件{nummer}", "sms"), "does not fill: nummer"),
    ("zh_CN", ("Case {number}", "办件{number", None), "cannot be filled in"),
]


@pytest.mark.parametrize(("language", "entry", "words"), FAULTS)
def test_each_fault_of_a_catalogue_is_told(language: str, entry: tuple[str, str, str | None], words: str) -> None:
    told = catalogues.faults(catalogue(language, entry), {"Hello", "Case {number}"})
    assert any(words in fault and entry[0] in fault for fault in told)


def test_a_fuzzy_entry_is_a_fault() -> None:
    held = catalogue("zh_CN")
    held.add("Hello", "你好", flags=["fuzzy"])
    assert any("fuzzy" in fault for fault in catalogues.faults(held, {"Hello"}))


def test_a_wording_for_one_channel_may_leave_a_place_out_and_say_a_value_otherwise() -> None:
    words = "Case {number} by {due:day}"
    held = catalogue("zh_CN", (words, "{due:moment}前，办件{number}", None), (words, "办件{number}", "sms"))
    assert catalogues.faults(held, {words}) == []


@pytest.mark.parametrize("arguments", [[], ["mend"], ["check", "twice"]])
def test_the_tool_says_what_it_can_do(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "compile | update | drop | check" in capsys.readouterr().err
