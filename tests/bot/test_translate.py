"""Sentences as people read them: days and moments, digits, variants, lists, and both languages."""

from __future__ import annotations

import gettext
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.prompt import YES_NO, Choice, Phrase, ask, pack, phrase
from bot.translate import Translator, load_translator

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # 9:00 in Shanghai
SHIPPED = load_translator("zh_CN", ZONE)


class Catalogue(gettext.NullTranslations):
    """A catalogue of a few sentences, some of them for one variant only."""

    def __init__(self, words: dict[str, str], varied: dict[tuple[str, str], str] | None = None) -> None:
        super().__init__()
        self.words = words
        self.varied = varied or {}

    def gettext(self, message: str) -> str:
        return self.words.get(message, message)

    def pgettext(self, context: str, message: str) -> str:
        return self.varied.get((context, message), message)


SMALL = Translator(
    {
        "en": gettext.NullTranslations(),
        "zh_CN": Catalogue(
            {"Case {number:digits}.": "{number:digits}号。", "yes|right": "是|对", "By {due:moment}.": "最迟{due:moment}。"},
            {("sms", "Case {number:digits}."): "{number:digits}。", ("spoken", "Case {number:digits}."): "编号，{number:digits}。"},
        ),
    },
    "zh_CN",
    ZONE,
)


def said(words: str, language: str, variant: str = "screen", **values: str | int | datetime | Phrase) -> str:
    return SHIPPED.say(phrase(words, **values), language, variant, NOW)


def shanghai(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        (shanghai(20, 9, 5), "今天9:05", "today 9:05"),
        (shanghai(20, 23, 59), "今天23:59", "today 23:59"),
        (shanghai(21, 0, 0), "明天0:00", "tomorrow 0:00"),
        (shanghai(21, 9), "明天9:00", "tomorrow 9:00"),
        (shanghai(22, 9), "11月22日（周日）9:00", "Sunday 22 November, 9:00"),
        (shanghai(19, 9), "11月19日（周四）9:00", "Thursday 19 November, 9:00"),
    ],
)
def test_a_moment_is_said_as_people_say_it(at: datetime, chinese: str, english: str) -> None:
    assert said("{at:moment}", "zh_CN", at=at) == chinese
    assert said("{at:moment}", "en", at=at) == english


def test_a_day_begins_and_ends_in_shanghai_and_is_never_named_by_the_clock_of_london() -> None:
    last_second = datetime(2026, 12, 18, 15, 59, 59, tzinfo=UTC)

    assert said("{due:day}", "zh_CN", due=last_second) == "12月18日（周五）"
    assert said("{due:day}", "en", due=last_second) == "Friday 18 December"
    assert said("{due:time}", "zh_CN", due=last_second) == "23:59"


@pytest.mark.parametrize(("on", "words"), [(date(2027, 1, 8), "1月8日（周五）"), (date(2026, 2, 28), "2月28日（周六）")])
def test_a_day_by_itself(on: date, words: str) -> None:
    assert SHIPPED.day(on, "zh_CN") == words


@pytest.mark.parametrize(("variant", "words"), [("screen", "10013号。"), ("sms", "10013。"), ("spoken", "编号，1 0 0 1 3。")])
def test_a_variant_has_its_own_words_where_the_catalogue_has_them(variant: str, words: str) -> None:
    assert SMALL.say(phrase("Case {number:digits}.", number="10013"), "zh_CN", variant, NOW) == words


def test_a_variant_without_words_of_its_own_says_the_plain_sentence() -> None:
    due = phrase("By {due:moment}.", due=shanghai(21, 9))

    assert SMALL.say(due, "zh_CN", "sms", NOW) == SMALL.say(due, "zh_CN", "screen", NOW) == "最迟tomorrow 9:00。"


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [
        ("zh_CN", "zh_CN"),
        ("zh", "zh_CN"),
        ("zh-Hans", "zh_CN"),
        ("en", "en"),
        ("en_GB", "en"),
        ("EN", "en"),
        ("fr", "zh_CN"),
        (None, "zh_CN"),
    ],
)
def test_a_language_is_found_by_its_beginning_else_the_service_speaks_its_own(wanted: str | None, spoken: str) -> None:
    assert SHIPPED.language(wanted) == spoken


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("电梯困人了", "zh_CN"),
        ("WiFi 坏了", "zh_CN"),
        ("There is a fire", "en"),
        ("help me", "en"),
        ("There's a fire!", "en"),
        ("HELP", None),
        ("1", None),
        ("OK", None),
        ("", None),
        ("👍", None),
        ("пожар в доме", None),
    ],
)
def test_the_language_of_first_words_is_guessed_by_their_letters(text: str, language: str | None) -> None:
    assert SHIPPED.guess(text) == language


def test_a_phrase_in_a_phrase_is_said_in_the_same_language() -> None:
    place = phrase("{place}, {landmark}", place=phrase("Building {building}", building="3"), landmark="电梯")

    assert said("Place: {place}. If that is wrong, tell us.", "zh_CN", place=place) == "地点：3号楼电梯。不对就告诉我们。"
    assert said("Place: {place}. If that is wrong, tell us.", "en", place=place).startswith("Place: Building 3, 电梯.")


def test_a_phrase_is_the_same_after_it_was_kept_as_json() -> None:
    kept = phrase("By {due:day}.", due=shanghai(21, 9), place=phrase("Building {building}", building="3"))

    assert kept == Phrase(
        "By {due:day}.", {"due": pack(shanghai(21, 9)), "place": {"words": "Building {building}", "values": {"building": "3"}}}
    )


def test_a_question_is_kept_in_every_language_with_digits_and_other_words() -> None:
    prompt = SHIPPED.prompt(ask("sure", "Sure?", *YES_NO))

    assert [(shown.key, shown.value, shown.words) for shown in prompt.choices] == [
        ("1", "yes", {"zh_CN": "是", "en": "Yes"}),
        ("2", "no", {"zh_CN": "不是", "en": "No"}),
    ]
    assert {"yes", "right", "是的", "对"} <= set(prompt.choices[0].also)


def test_a_choice_never_says_today_because_it_is_kept() -> None:
    """What was shown is kept for good; "today" would be another day tomorrow."""
    prompt = SHIPPED.prompt(ask("when", "When?", Choice("a", "{at:moment}", values={"at": pack(NOW)})))

    assert prompt.choices[0].words == {"zh_CN": "11月20日（周五）9:00", "en": "Friday 20 November, 9:00"}


def test_a_list_of_words_is_cut_at_its_bars() -> None:
    assert SMALL.listed("yes|right", "zh_CN") == ("是", "对")
    assert SMALL.listed("yes|right", "en") == ("yes", "right")
    assert SMALL.listed("", "en") == ()


def test_every_listed_word_leads_to_its_list_in_every_language() -> None:
    assert SMALL.vocabulary({"yes": "yes|right"}) == {"是": "yes", "对": "yes", "yes": "yes", "right": "yes"}


def test_an_empty_sentence_is_not_the_catalogue_itself() -> None:
    assert SHIPPED.say(Phrase(""), "zh_CN", "screen", NOW) == ""


@given(st.text(max_size=200), st.sampled_from(["zh_CN", "en"]), st.sampled_from(["screen", "sms", "spoken"]))
def test_what_people_write_is_said_back_as_they_wrote_it(words: str, language: str, variant: str) -> None:
    """Braces, percent signs and colons in somebody's words fill no place of ours."""
    assert words in SHIPPED.say(phrase("Case {number:digits}, new words: {words}.", number="10013", words=words), language, variant, NOW)
