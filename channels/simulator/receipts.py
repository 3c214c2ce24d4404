"""Receipts: what the platform reports of a text's journey, and the thread that posts it.

The platform promises no order, no single delivery and no delivery at all; each of these can be asked for here.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from functools import partial

from channels.simulator.faults import Trouble
from channels.simulator.webhooks import Hook


def course_of(status: str) -> tuple[str, ...]:
    """The statuses that a text passes through on its way to its last."""
    return ("queued", "sent", status)


def as_troubled(hooks: Sequence[Hook], trouble: Trouble | None) -> list[Hook]:
    """The receipts of one text as this trouble lets them come."""
    if trouble is Trouble.RECEIPTS_LOST:
        return []
    if trouble is Trouble.RECEIPTS_REVERSED:
        return list(reversed(hooks))
    if trouble is Trouble.RECEIPTS_DOUBLED:
        return [hook for hook in hooks for _ in range(2)]
    return list(hooks)


class ReceiptQueue:
    """One thread that posts receipts one after the other, and those that are held back until somebody releases them."""

    def __init__(self, post: Callable[[Hook], object]) -> None:
        """Nothing is posted before `start`."""
        self._post = post
        self._queue: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._held: list[Hook] = []
        self._pending = 0
        self._settled = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Receipts leave from now on."""
        self._thread = threading.Thread(target=self._run, name="simulator-receipts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The thread has ended; what it had not posted yet is dropped, as when a platform goes down."""
        if self._thread is None:
            return
        while not self._queue.empty():
            self._queue.get()
        self._queue.put(None)
        self._thread.join(timeout=2)  # a service that does not answer may hold it longer; it ends with the program
        self._thread = None

    def put(self, hooks: Sequence[Hook]) -> None:
        """These receipts leave as soon as those before them have left."""
        for hook in hooks:
            self.later(partial(self._post, hook))

    def later(self, job: Callable[[], object]) -> None:
        """This is done as soon as the receipts before it have left."""
        with self._settled:
            self._pending += 1
        self._queue.put(job)

    def hold(self, hooks: Sequence[Hook]) -> None:
        """These receipts wait for `release`."""
        with self._settled:
            self._held.extend(hooks)

    def release(self) -> int:
        """All held receipts are on their way; the answer is how many."""
        with self._settled:
            freed, self._held = self._held, []
        self.put(freed)
        return len(freed)

    def held(self) -> int:
        """How many receipts wait for `release`."""
        with self._settled:
            return len(self._held)

    def settle(self, timeout: float) -> bool:
        """True as soon as no receipt is on its way; False when that did not come within `timeout` seconds."""
        with self._settled:
            return self._settled.wait_for(lambda: self._pending == 0, timeout)

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            try:
                job()
            finally:
                with self._settled:
                    self._pending -= 1
                    self._settled.notify_all()
