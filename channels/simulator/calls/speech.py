"""Which languages and models the platform's speech recognition takes (twilio.com/docs/voice/twiml/gather).

Chinese is checked code by code, for three code systems meet here and `zh-CN`, good for `<Say>`, is none for `<Gather>`;
of other languages only the form is checked.
"""

import re

LANGUAGE_INVALID = 13512
PAIR_INVALID = 13331
MODEL_INVALID = 13334
AUTO_WITH_MODEL = 13335

_CHINESE = frozenset({"cmn-Hans-CN", "cmn-Hant-TW", "yue-Hant-HK", "zh", "zh-TW"})
_DEEPGRAM_CHINESE = frozenset({"zh", "zh-TW"})
_SPOKEN_CHINESE = frozenset({"zh-CN", "zh-HK", "zh-TW", "cmn-CN", "cmn-TW", "yue-HK"})
_CHINESE_BASES = ("zh", "cmn", "yue")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z]{4})?-[A-Z]{2}")
_MODEL = re.compile(r"default|numbers_and_commands|phone_call|experimental_\w+|googlev2_\w+|deepgram_nova-[23][\w-]*")


def gather_fault(language: str, model: str) -> int | None:
    """The code with which the platform refuses to listen in this language with this model, or None."""
    if model and not _MODEL.fullmatch(model):
        return MODEL_INVALID
    if not _is_chinese(language):
        return None if _TAG.fullmatch(language) else LANGUAGE_INVALID
    if language not in _CHINESE:
        return LANGUAGE_INVALID
    return None if _is_pair(language, model) else PAIR_INVALID


def is_spoken(language: str) -> bool:
    """True for a language that `<Say>` can be asked for."""
    return not language or (language in _SPOKEN_CHINESE if _is_chinese(language) else _TAG.fullmatch(language) is not None)


def _is_chinese(language: str) -> bool:
    return language.partition("-")[0].lower() in _CHINESE_BASES


def _is_pair(language: str, model: str) -> bool:
    """Deepgram has its own two codes and only those; the phone model knows no Chinese; without a model the platform chooses."""
    if not model:
        return True
    if model.startswith("deepgram"):
        return language in _DEEPGRAM_CHINESE
    return model != "phone_call" and language not in _DEEPGRAM_CHINESE
