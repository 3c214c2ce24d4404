"""`<Gather>` and `<Record>`: a call listens to whoever is at the phone."""

from channels.simulator.calls.documents import fetched
from channels.simulator.calls.leg import Leg
from channels.simulator.calls.recordings import seconds_of
from channels.simulator.calls.steps import Fetch, HungUpError, Script
from channels.simulator.calls.values import Act, Entry, Pressed, Recorded, Silence, Spoke, Wait
from channels.simulator.calls.verbs import Document, Gather, Record


def gathered(leg: Leg, verb: Gather) -> Script[Document | None]:
    """What the action answers to words or keys; None when nothing came and the document goes on."""
    if verb.fault:
        leg.caution(verb.fault)
        return None
    for prompt in verb.prompts:
        leg.hear(prompt)
    pressed = ""
    fields: dict[str, str] | None = None
    while fields is None:
        act = yield Wait("gathering", verb.timeout, gather=verb, pressed=pressed)
        if not isinstance(act, Silence):
            pressed, fields = _taken_in(leg, verb, act, pressed=pressed)
            continue
        leg.pass_time(verb.timeout)
        leg.note(Entry("phone", "silence"))
        if not pressed and not verb.acts_on_empty:
            return None
        fields = _digits(pressed)
    return (yield from fetched(leg, verb.action, verb.method, **fields))


def _taken_in(leg: Leg, verb: Gather, act: Act, *, pressed: str) -> tuple[str, dict[str, str] | None]:
    """The keys so far, and what the action is told once it is enough."""
    match act:
        case Spoke(words, confidence):
            leg.note(Entry("phone", "speech", words))
            return pressed, _speech(verb, words, confidence)
        case Pressed(key):
            leg.note_key(key, pressed)
            return _keyed(verb, pressed, key)
    return pressed, None


def _speech(verb: Gather, words: str, confidence: float) -> dict[str, str] | None:
    """What the action is told of words; None where only keys are listened for."""
    if not verb.takes_speech:
        return None
    return {"SpeechResult": words, "Confidence": str(confidence), "Language": verb.language}


def _keyed(verb: Gather, pressed: str, key: str) -> tuple[str, dict[str, str] | None]:
    """The keys so far, and what the action is told once they are enough."""
    if not verb.takes_digits:
        return pressed, None
    if key in verb.finish_on_key:
        return pressed, _digits(pressed, key) if pressed else None  # alone it ends nothing, says the platform
    pressed += key
    return pressed, _digits(pressed) if len(pressed) == verb.num_digits else None


def _digits(pressed: str, finished_on: str = "") -> dict[str, str]:
    return {"Digits": pressed, "FinishedOnKey": finished_on, "msg": "Gather End"}


def recorded(leg: Leg, verb: Record) -> Script[Document | None]:
    """What the action answers to a recording; None when nobody spoke and the document goes on."""
    if verb.beeps:
        leg.note(Entry("service", "beep"))
    while True:
        act = yield Wait("recording", verb.timeout, record=verb)
        match act:
            case Silence():
                leg.keep_nothing(verb)
                leg.note(Entry("phone", "silence"))
                return None
            case Spoke(words):
                return (yield from _taken(leg, verb, Recorded(seconds_of(words), words)))
            case Pressed(key) if key in verb.finish_on_key:
                return (yield from _taken(leg, verb, Recorded(1, key=key)))
            case Recorded():
                return (yield from _taken(leg, verb, act))


def _taken(leg: Leg, verb: Record, act: Recorded) -> Script[Document]:
    fields = leg.keep(verb, min(act.seconds, verb.max_length), words=act.words, key=act.key)
    if act.key != "hangup":
        return (yield from fetched(leg, verb.action, verb.method, **fields))
    leg.finish("completed")  # the action is told all the same, and its answer is heard by nobody
    yield Fetch(verb.action, verb.method, leg.form(**fields))
    raise HungUpError
