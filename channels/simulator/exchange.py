"""The exchange: one lock round the carrier and its troubles, the carrier's own clock, and the lines to the service."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from channels.simulator import faults, refusals
from channels.simulator.carrier import Account, Carrier
from channels.simulator.faults import Fault, Faults, Trouble
from channels.simulator.forms import API_VERSION, inbound_form, receipt_form
from channels.simulator.receipts import ReceiptQueue, as_troubled, course_of
from channels.simulator.refusals import RefusedError
from channels.simulator.settings import SimulatorSettings
from channels.simulator.texts import Media, Phone, Submission, Text
from channels.simulator.twiml import TwimlError, replies_in
from channels.simulator.webhooks import Hook, HookAnswer, Poster, is_local


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A text of a phone, and every answer that the service gave to its webhook."""

    text: Text
    answers: tuple[HookAnswer, ...]


class Exchange:
    """Everything that the pages and the REST API of the simulator act upon."""

    def __init__(self, settings: SimulatorSettings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Nothing is posted before `start`."""
        self.settings = settings
        self.url = ""  # the simulator's own address, known once it listens
        self.stopping = threading.Event()
        self._clock = clock
        self._ahead = timedelta(0)
        self._lock = threading.Lock()
        self._carrier = Carrier(Account(settings.account_sid, settings.numbers, settings.messaging_service_sid), settings.phones)
        self._faults = Faults()
        self._poster = Poster(settings.auth_token, public_url=settings.public_url)
        self._receipts = ReceiptQueue(self._poster.post)
        if settings.service_url:
            self.set_service_url(settings.service_url)

    def start(self) -> None:
        """Receipts are posted from now on."""
        self._receipts.start()

    def stop(self) -> None:
        """Nothing is posted any more, and no request is held."""
        self.stopping.set()
        self._receipts.stop()

    @property
    def service_url(self) -> str:
        """Where webhooks go."""
        return self._poster.service_url

    def set_service_url(self, url: str) -> None:
        """Webhooks go to this address from now on; ValueError when it is not on this machine."""
        if not is_local(url):
            raise ValueError(f"The simulator posts to this machine only, not to {url!r}.")
        self._poster.service_url = url.rstrip("/")

    # The clock

    def now(self) -> datetime:
        """The carrier's own time, aware UTC."""
        return self._clock() + self._ahead

    def ahead(self) -> timedelta:
        """How far the carrier's clock has been moved."""
        return self._ahead

    def move_clock(self, seconds: int) -> HookAnswer:
        """The carrier's clock has moved, and the service has been told to move its own; the answer is the service's."""
        with self._lock:
            self._ahead += timedelta(seconds=seconds)
        return self._poster.post(Hook(self._poster.public(self.settings.clock_path), {"seconds": str(seconds)}))

    # From the service

    def answer_fault(self, to: str) -> Fault | None:
        """The fault, if any, that spoils the answer to this request."""
        with self._lock:
            return self._faults.take(faults.ANSWER, to)

    def submit(self, asked: Submission) -> Text:
        """The text is carried and its receipts are on their way; RefusedError when the platform would not take it."""
        if asked.status_callback and not self._poster.reaches(asked.status_callback):
            raise RefusedError(refusals.CALLBACK_INVALID, asked.status_callback)
        now = self.now()
        with self._lock:
            text = self._carrier.submit(asked, trouble=self._trouble(faults.NUMBER, asked.to), now=now)
            trouble = self._trouble(faults.RECEIPTS, asked.to) if text.status_callback else None
        self._report(text, trouble, now)
        return text

    def trouble(self, family: frozenset[Trouble], number: str) -> Trouble | None:
        """The trouble, if any, that befalls what is done now for this number; it is used up by one."""
        with self._lock:
            return self._trouble(family, number)

    def public(self, path: str) -> str:
        """The address of a path as the service knows it."""
        return self._poster.public(path)

    def reaches(self, url: str) -> bool:
        """True when the address leads to this machine."""
        return self._poster.reaches(url)

    def post(self, hook: Hook) -> HookAnswer:
        """The service has answered, or every attempt has failed."""
        return self._poster.post(hook)

    def later(self, job: Callable[[], object]) -> None:
        """This is done after the receipts that are on their way."""
        self._receipts.later(job)

    def report(self, hooks: Sequence[Hook], trouble: Trouble | None) -> None:
        """These receipts are on their way, as the trouble lets them."""
        if trouble is Trouble.RECEIPTS_LATE:
            self._receipts.hold(hooks)
        else:
            self._receipts.put(as_troubled(hooks, trouble))

    def _report(self, text: Text, trouble: Trouble | None, now: datetime) -> None:
        if not text.status_callback:
            return
        account = self.settings.account_sid
        hooks = [Hook(text.status_callback, receipt_form(text, status, account, now=now)) for status in course_of(text.status)]
        self.report(hooks, trouble)

    # From a phone

    def take_in(self, sender: str, to: str, *, body: str, media: tuple[Media, ...]) -> TakenIn:
        """The phone's text is in the log and the service has been asked to take it."""
        with self._lock:
            text = self._carrier.take_in(sender, to, body=body, media=media, now=self.now())
            trouble = self._trouble(faults.WEBHOOK, sender)
        hook = Hook(self._poster.public(self.settings.sms_path), self._inbound_form(text), is_forged=trouble is Trouble.WEBHOOK_FORGED)
        answers = [self._posted(text, hook) for _ in range(2 if trouble is Trouble.WEBHOOK_DOUBLED else 1)]
        return TakenIn(text, tuple(answers))

    def _inbound_form(self, text: Text) -> dict[str, str]:
        account, pool = self.settings.account_sid, self.settings.messaging_service_sid
        return inbound_form(text, account, messaging_service_sid=pool, media_base=f"{self.url}/{API_VERSION}/Accounts/{account}/Messages")

    def _posted(self, text: Text, hook: Hook) -> HookAnswer:
        answer = self._poster.post(hook)
        code = answer.error_code
        try:
            replies = replies_in(answer) if answer.is_accepted else ()
        except TwimlError as error:
            replies, code = (), error.code
        with self._lock:
            self._carrier.note_hook(text.sid, status=answer.status, error_code=code)
            for body in replies:
                self._carrier.reply(text, body, now=self.now())
        return replace(answer, error_code=code)

    def _trouble(self, family: frozenset[Trouble], number: str) -> Trouble | None:
        fault = self._faults.take(family, number)
        return fault.trouble if fault else None

    # Phones and the log

    def connect(self, phone: Phone) -> None:
        """The phone is on the page."""
        with self._lock:
            self._carrier.connect(phone)

    def phones(self) -> tuple[tuple[Phone, Text | None], ...]:
        """All phones, each with the last text in its talk."""
        with self._lock:
            return tuple((phone, next(reversed(self._carrier.talk(phone.number)), None)) for phone in self._carrier.phones())

    def talk(self, number: str) -> tuple[Text, ...]:
        """What went to and came from one phone, oldest first."""
        with self._lock:
            return self._carrier.talk(number)

    def text(self, sid: str) -> Text | None:
        """One text of the service's log."""
        with self._lock:
            return self._carrier.text(sid)

    def log(self) -> tuple[Text, ...]:
        """The service's log, newest first."""
        with self._lock:
            return self._carrier.log()

    def redact(self, text: Text) -> Text:
        """The words are gone from the log."""
        with self._lock:
            return self._carrier.redact(text)

    # Troubles

    def add_fault(self, fault: Fault) -> None:
        """From now on this goes wrong."""
        with self._lock:
            self._faults.add(fault)

    def clear_faults(self) -> None:
        """Nothing goes wrong any more; receipts that were held stay held."""
        with self._lock:
            self._faults.clear()

    def listed_faults(self) -> tuple[Fault, ...]:
        """What is in force."""
        with self._lock:
            return self._faults.listed()

    def held(self) -> int:
        """How many receipts are held."""
        return self._receipts.held()

    def release(self) -> int:
        """All held receipts are on their way; the answer is how many."""
        return self._receipts.release()

    def settle(self, timeout: float) -> bool:
        """True as soon as no receipt is on its way."""
        return self._receipts.settle(timeout)
