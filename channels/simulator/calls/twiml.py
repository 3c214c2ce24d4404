"""Reading a spoken TwiML document (twilio.com/docs/voice/twiml).

A document that is no XML or holds a verb this carrier does not play is an application error, as an unknown verb is on
the platform. An attribute it does not know is only a caution: 12200, the platform's own for a broken schema.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from channels.simulator.calls.speech import AUTO_WITH_MODEL, LANGUAGE_INVALID, gather_fault, is_spoken
from channels.simulator.calls.verbs import (
    DEFAULT_EVENTS,
    Dial,
    Document,
    Gather,
    Hangup,
    Number,
    Pause,
    Play,
    Prompt,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)
from channels.simulator.twiml import CONTENT_TYPE_MISSING, TWIML_TYPES, TwimlError, root_of
from channels.simulator.webhooks import HookAnswer

SCHEMA_BROKEN = 12200
SAY_EMPTY = 13520
MOST_NUMBERS = 10

_KNOWN: Mapping[str, frozenset[str]] = {
    "Say": frozenset({"language", "voice", "loop"}),
    "Play": frozenset({"loop", "digits"}),
    "Pause": frozenset({"length"}),
    "Gather": frozenset(
        {
            *("action", "method", "input", "timeout", "speechTimeout", "maxSpeechTime", "profanityFilter", "finishOnKey", "numDigits"),
            *("language", "hints", "bargeIn", "actionOnEmptyResult", "speechModel", "enhanced"),
        }
    ),
    "Record": frozenset(
        {
            *("action", "method", "timeout", "finishOnKey", "maxLength", "playBeep", "trim"),
            *("recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent"),
        }
    ),
    "Dial": frozenset({"action", "method", "timeout", "timeLimit", "callerId", "answerOnBridge", "ringTone"}),
    "Number": frozenset({"url", "method", "statusCallback", "statusCallbackMethod", "statusCallbackEvent"}),
    "Redirect": frozenset({"method"}),
    "Hangup": frozenset(),
    "Reject": frozenset({"reason"}),
}


def document_of(answer: HookAnswer, url: str) -> Document:
    """The document in an answer of the service; TwimlError when the platform could not read it."""
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind.startswith("audio/"):
        return Document(url, (Play(url),))
    if kind == "text/plain":
        return Document(url, (Say(answer.body.strip()),))
    if kind not in TWIML_TYPES:
        raise TwimlError(CONTENT_TYPE_MISSING)
    return read(answer.body, url)


def read(document: str, url: str) -> Document:
    """The document in this text; its relative addresses are seen from `url`."""
    reader = _Reader(url)
    verbs = tuple(reader.verb(element) for element in root_of(document))
    return Document(url, verbs, tuple(reader.cautions))


class _Reader:
    """Reads one document, and keeps what the debugger would remark."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cautions: list[int] = []
        self._readers: dict[str, Callable[[Element], Verb]] = {
            "Say": self._say,
            "Play": lambda element: Play(_text(element)),
            "Pause": lambda element: Pause(self._whole(element, "length", 1)),
            "Gather": self._gather,
            "Record": self._record,
            "Dial": self._dial,
            "Redirect": lambda element: Redirect(self._at(_text(element)), self._method(element, "method")),
            "Hangup": lambda element: Hangup(),
            "Reject": lambda element: Reject("busy" if element.get("reason") == "busy" else "no-answer"),
        }

    def verb(self, element: Element) -> Verb:
        if element.tag not in self._readers:
            raise TwimlError(SCHEMA_BROKEN)
        self._check(element)
        return self._readers[element.tag](element)

    def _say(self, element: Element) -> Say:
        words = " ".join("".join(element.itertext()).split())
        language = element.get("language", "")
        if not words:
            self.cautions.append(SAY_EMPTY)
        if not is_spoken(language):
            self.cautions.append(LANGUAGE_INVALID)
        prosody = element.find(".//prosody")
        return Say(words, language, voice=element.get("voice", ""), rate=prosody.get("rate", "") if prosody is not None else "")

    def _gather(self, element: Element) -> Gather:
        inputs = element.get("input", "dtmf").split()
        language, model = element.get("language", "en-US"), element.get("speechModel", "")
        if model and element.get("speechTimeout") == "auto":
            self.cautions.append(AUTO_WITH_MODEL)
        return Gather(
            self._at(element.get("action", "")),
            self._method(element, "method"),
            takes_speech="speech" in inputs,
            takes_digits="dtmf" in inputs,
            timeout=self._whole(element, "timeout", 5),
            speech_timeout=element.get("speechTimeout", ""),
            num_digits=self._whole(element, "numDigits", 0) or None,
            finish_on_key=element.get("finishOnKey", "#"),
            language=language,
            hints=element.get("hints", ""),
            acts_on_empty=element.get("actionOnEmptyResult") == "true",
            prompts=tuple(self._prompt(nested) for nested in element),
            fault=gather_fault(language, model) if "speech" in inputs else None,
        )

    def _prompt(self, element: Element) -> Prompt:
        verb = self.verb(element)
        if not isinstance(verb, Say | Play | Pause):
            raise TwimlError(SCHEMA_BROKEN)
        return verb

    def _record(self, element: Element) -> Record:
        return Record(
            self._at(element.get("action", "")),
            self._method(element, "method"),
            timeout=self._whole(element, "timeout", 5),
            max_length=self._whole(element, "maxLength", 3600),
            finish_on_key=element.get("finishOnKey", "1234567890*#"),
            beeps=element.get("playBeep", "true") != "false",
            status_callback=self._optional(element, "recordingStatusCallback"),
            status_method=self._method(element, "recordingStatusCallbackMethod"),
            events=_events(element, "recordingStatusCallbackEvent"),
        )

    def _dial(self, element: Element) -> Dial:
        numbers = tuple(self._number(nested) for nested in element)
        if not numbers and _text(element):
            numbers = (Number(_text(element)),)
        if not 0 < len(numbers) <= MOST_NUMBERS:
            raise TwimlError(SCHEMA_BROKEN)
        return Dial(
            numbers,
            self._optional(element, "action"),
            method=self._method(element, "method"),
            timeout=self._whole(element, "timeout", 30),
            caller_id=element.get("callerId", ""),
        )

    def _number(self, element: Element) -> Number:
        if element.tag != "Number":
            raise TwimlError(SCHEMA_BROKEN)
        self._check(element)
        return Number(
            "".join(_text(element).split()),
            self._optional(element, "url"),
            method=self._method(element, "method"),
            status_callback=self._optional(element, "statusCallback"),
            status_method=self._method(element, "statusCallbackMethod"),
            events=_events(element, "statusCallbackEvent"),
        )

    def _check(self, element: Element) -> None:
        if not _KNOWN[element.tag].issuperset(element.keys()):
            self.cautions.append(SCHEMA_BROKEN)

    def _at(self, address: str) -> str:
        """An address as the platform would ask for it: seen from the document, which is also what no address means."""
        return urljoin(self.url, address.strip())

    def _optional(self, element: Element, name: str) -> str:
        return self._at(element.get(name, "")) if element.get(name, "").strip() else ""

    def _method(self, element: Element, name: str) -> str:
        method = element.get(name, "POST").upper()
        if method in ("GET", "POST"):
            return method
        self.cautions.append(SCHEMA_BROKEN)
        return "POST"

    def _whole(self, element: Element, name: str, default: int) -> int:
        given = element.get(name, "")
        if given.isascii() and given.isdigit() and int(given) > 0:
            return int(given)
        if given:
            self.cautions.append(SCHEMA_BROKEN)
        return default


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _events(element: Element, name: str) -> tuple[str, ...]:
    return tuple(element.get(name, "").replace(",", " ").split()) or DEFAULT_EVENTS
