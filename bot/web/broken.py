"""What a caller hears when the service itself is down: the emergency numbers, then the duty room, then the numbers once more.

The hooks answer so while the database is away; the platform plays the same document by itself when the whole machine is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.prompt import Phrase, _
from bot.translate import Translator
from channels import twiml
from channels.twiml import Said

BROKEN = _("Our system is down. In danger, call 119 for fire and rescue, 120 for an ambulance, 110 for the police. We connect you now.")
BROKEN_ALONE = _("Our system is down. In danger, call 119 for fire and rescue, 120 for an ambulance, 110 for the police.")
ONCE_MORE = _(
    "Once more: in danger, call 119 for fire and rescue, 120 for an ambulance, 110 for the police. Otherwise please ring again later."
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who puts these sentences into a voice's words, and when."""

    translator: Translator
    draw: Callable[[tuple[str, ...]], str]
    now: datetime

    def said(self, words: str, languages: Sequence[str]) -> tuple[Said, ...]:
        """The sentence in each of these languages, as it is spoken."""
        return tuple(Said(self.draw((self.translator.say(Phrase(words), each, "spoken", self.now),)), each) for each in languages)


def broken(speaker: Speaker, languages: Sequence[str], *, duty_phone: str = "") -> str:
    """The document: nobody who is in danger waits for us, and nobody is put through to nowhere without the numbers."""
    first = speaker.said(BROKEN if duty_phone else BROKEN_ALONE, languages)
    return twiml.down(first, speaker.said(ONCE_MORE, languages), dial=duty_phone)
