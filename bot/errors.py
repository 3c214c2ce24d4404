"""Everything that may go wrong, each a name and a sentence.

Three floors: what a person gets wrong is an answer, never an exception; what a platform refuses is a `SendError`;
what we got wrong raises, and the turn is rolled back and parked in sight.
"""

from __future__ import annotations

import traceback
from datetime import timedelta
from pathlib import PurePath


class AnlinError(Exception):
    """Something of ours went wrong."""

    def __init__(self, words: str | None = None) -> None:
        super().__init__(words or (self.__doc__ or "").strip())


class SettingsFault(AnlinError):
    """The configuration cannot be used."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class StoreDown(AnlinError):
    """The database cannot take this now: locked, full or away. Nothing was written; the platform should ask again."""


class Lost(AnlinError):
    """Somebody else changed a row that this turn had read. The turn is taken again."""


class FlowBroken(AnlinError):
    """A talk raised on its way. It is ended and a person looks at what was said."""


class NotAllowed(AnlinError):
    """This actor's role or grids do not allow that.

    `sentence` and `values` say why, so that a page can say it in the reader's language.
    """

    def __init__(self, sentence: str = "This is not allowed.", /, **values: str | int) -> None:
        super().__init__(sentence.format_map(values))
        self.sentence = sentence
        self.values = values


class Overtaken(NotAllowed):
    """What this was decided upon has changed since it was read; nothing was done."""


class Erased(AnlinError):
    """The data key of this value was destroyed; what it sealed cannot be read again."""


class InboundRefused(AnlinError):
    """What a stranger sent to a hook is not taken; `status` is the HTTP answer."""

    status = 400


class Forged(InboundRefused):
    """The signature is missing or wrong."""

    status = 403


class TooLarge(InboundRefused):
    """The request is larger than any platform sends."""

    status = 413


class Malformed(InboundRefused):
    """The request is not what the platform documents."""

    status = 400


class SendError(AnlinError):
    """A platform did not take a delivery.

    `retryable` says whether the same address may be tried again, after `after` if the platform said how long.
    An address that cannot be reached for good (`gone`) hands over to the person's next address.
    """

    retryable = False
    gone = True

    def __init__(self, words: str | None = None, *, code: str | None = None, after: timedelta | None = None) -> None:
        super().__init__(words)
        self.code = code
        self.after = after


class Unavailable(SendError):
    """The platform did not answer, or answered nonsense; it is tried again."""

    retryable = True
    gone = False


class Throttled(SendError):
    """The platform asks us to be slower; it is tried again when it said."""

    retryable = True
    gone = False


class Unreachable(SendError):
    """This address cannot be reached now (the phone is off, nobody answers); the next address is tried."""


class Engaged(SendError):
    """Somebody may be there, but could not be told just now (the line is busy); the next address is tried, without one this one again."""

    retryable = True
    gone = False


class Dead(Unreachable):
    """Nothing of this kind can ever be sent to this address (no such number, a landline); it is mended or left alone."""


class Stopped(SendError):
    """The person, or the carrier for them, has stopped us on this address; the next address is tried."""


class Refused(SendError):
    """The platform refuses these words; sending them again unchanged would be refused again."""


class Misconfigured(SendError):
    """Our account or settings are wrong; staff must mend them, and every delivery waits until then."""

    retryable = True
    gone = False


def where(fault: BaseException) -> str:
    """A fault for the log: its name, the lines it went through, and what was behind it; never its words, which may be a resident's."""
    lines = (
        f"{PurePath(frame.f_code.co_filename).name}:{line} {frame.f_code.co_name}" for frame, line in traceback.walk_tb(fault.__traceback__)
    )
    told = f"{type(fault).__name__} at {' > '.join(lines)}"
    return f"{told}, because of {where(fault.__cause__)}" if fault.__cause__ else told
