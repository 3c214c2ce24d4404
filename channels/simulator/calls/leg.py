"""One open call: the log of it as it grows, and the requests that its course makes due."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from channels.simulator.calls.floor import Floor
from channels.simulator.calls.forms import call_form, course_form, recording_fields, recording_form
from channels.simulator.calls.recordings import Recording
from channels.simulator.calls.steps import Script
from channels.simulator.calls.values import Act, Call, Caution, Entry, Pressed, Spoke, Status, Wait
from channels.simulator.calls.verbs import Pause, Play, Prompt, Record, Say
from channels.simulator.faults import Trouble
from channels.simulator.forms import API_VERSION
from channels.simulator.webhooks import Hook


def new_sid(prefix: str) -> str:
    """An identifier of the platform's form."""
    return prefix + secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Office:
    """What every call of one carrier shares."""

    account_sid: str
    numbers: tuple[str, ...]  # the service's own
    now: Callable[[], datetime]
    url: Callable[[], str]  # the simulator's own address, known once it listens
    revisions: Iterator[int] = field(default_factory=lambda: count(1))
    recordings: dict[str, Recording] = field(default_factory=dict)


class Leg:
    """A call while it lasts. `script` is its course, `hooks` what it has to report."""

    def __init__(self, call: Call, office: Office) -> None:
        """Nothing has happened on it yet."""
        self.call = call
        self.office = office
        self.floor = Floor()
        self.script: Script[Status] | None = None
        self.hooks: list[Hook] = []
        self.trouble: Trouble | None = None  # of its reports
        self.is_stepwise = False  # halts after every sentence
        self.parent: Leg | None = None  # the call that dialled it
        self.greeting: str | None = None  # of the machine that picked up; None when it was no machine
        self.machine_turns = 0
        self.patience = 0  # documents since somebody last had a chance to act
        self._reported = 0
        self._change()

    # What was heard

    def note(self, entry: Entry) -> None:
        """The entry is the last thing that happened."""
        self._change(entries=(*self.call.entries, entry))

    def note_key(self, key: str, pressed: str) -> None:
        """The key stands with those pressed just before it."""
        last = self.call.entries[-1] if self.call.entries else None
        if pressed and last and last.what == "digits":
            self._change(entries=(*self.call.entries[:-1], replace(last, words=last.words + key)))
        else:
            self.note(Entry("phone", "digits", key))

    def spoken(self, act: Act) -> tuple[Entry, ...]:
        """What was said or pressed here, as the other end of a bridge hears it."""
        match act:
            case Spoke(words):
                self.note(Entry("phone", "speech", words))
            case Pressed(key):
                self.note(Entry("phone", "digits", key))
            case _:
                return ()
        return (replace(self.call.entries[-1], speaker="other"),)

    def hear(self, prompt: Prompt) -> None:
        """The phone has heard what the service says."""
        match prompt:
            case Say(words, language, voice, rate):
                self.note(Entry("service", "say", words, language, voice, rate))
            case Play(url):
                self.note(Entry("service", "play", url))
            case Pause(seconds):
                self.pass_time(seconds)
                self.note(Entry("service", "pause", str(seconds)))

    def caution(self, code: int, url: str = "") -> None:
        """The debugger shows this."""
        self._change(cautions=(*self.call.cautions, Caution(code, url)))

    def note_hook(self, status: int | None) -> None:
        """The log says what the service answered."""
        self._change(hook_statuses=(*self.call.hook_statuses, status))

    # Its course

    def ring(self) -> None:
        """The far phone rings, and whoever asked is told."""
        self.report("initiated")
        self._change(status="ringing")
        self.report("ringing")

    def answer(self, by: str = "") -> None:
        """Both ends are connected."""
        self._change(status="in-progress", answered_at=self.office.now(), answered_by=by)
        self.report("answered")

    def finish(self, status: Status) -> None:
        """The call is over, once and for all."""
        if self.call.is_over:
            return
        now, began = self.office.now(), self.call.answered_at
        lasted = self.call.seconds + int((now - began).total_seconds()) if began else 0
        self._change(status=status, ended_at=now, seconds=lasted, wait=None)
        self.report("completed")

    def pass_time(self, seconds: int) -> None:
        """The call has lasted so much longer, though nobody sat through it."""
        self._change(seconds=self.call.seconds + seconds)

    def wait(self, wait: Wait | None) -> None:
        """The call waits for this, or for the service."""
        if wait is not None:
            self.patience = 0
        self._change(wait=wait)

    # What is posted

    def form(self, **fields: str) -> dict[str, str]:
        """What the service is asked with."""
        return call_form(self.call, self.office.account_sid) | fields

    def report(self, event: str) -> None:
        """The event is due to be posted, if anybody asked for it."""
        order = self.call.order
        if not order.status_callback or event not in order.events:
            return
        form = course_form(self.call, self.office.account_sid, event=event, number=self._reported, now=self.office.now())
        self.hooks.append(Hook(order.status_callback, form, method=order.status_method))
        self._reported += 1

    def keep(self, record: Record, seconds: int, *, words: str, key: str) -> dict[str, str]:
        """The recording can be fetched and its report is due; the answer is what the action is told."""
        recording = self._recorded(seconds, words)
        self.office.recordings[recording.sid] = recording
        self.pass_time(seconds)
        self.note(Entry("phone", "recording", words or recording.sid))
        self._report_recording(record, recording, "completed")
        return recording_fields(recording, self._recording_url(recording), key=key)

    def keep_nothing(self, record: Record) -> None:
        """Nobody said anything, and that is reported to those who asked for it."""
        self.pass_time(record.timeout)
        self._report_recording(record, self._recorded(0, ""), "absent")

    def _recorded(self, seconds: int, words: str) -> Recording:
        return Recording(new_sid("RE"), self.call.sid, self.call.phone, seconds, self.office.now(), words)

    def _report_recording(self, record: Record, recording: Recording, status: str) -> None:
        if record.status_callback and status in record.events:
            url, account = self._recording_url(recording), self.office.account_sid
            form = recording_form(self.call, account, recording=recording, url=url, status=status)
            self.hooks.append(Hook(record.status_callback, form, method=record.status_method))

    def _recording_url(self, recording: Recording) -> str:
        return f"{self.office.url()}/{API_VERSION}/Accounts/{self.office.account_sid}/Recordings/{recording.sid}"

    def _change(self, **fields: Any) -> None:
        self.call = replace(self.call, revision=next(self.office.revisions), **fields)
