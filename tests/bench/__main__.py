"""`make bench`: every figure that is promised, measured here and now, each beside a floor of the same run. Never a test."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping

from tests.bench import call_steps, dispatch, engine, memory, sms_turn, triage, webchat
from tests.bench.table import Line, printed

BENCHES: Mapping[str, Callable[[], list[Line]]] = {
    "engine": engine.run,
    "triage": triage.run,
    "memory": memory.run,
    "sms_turn": sms_turn.run,
    "call_steps": call_steps.run,
    "webchat": webchat.run,
    "dispatch": dispatch.run,
}


def main() -> None:
    """Print one table, and how busy the machine was: other work on it slows the figures more than their floors."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=sorted(BENCHES), help="one of the benches")
    only = parser.parse_args().only
    lines = [line for name, bench in BENCHES.items() if only in (None, name) for line in bench()]
    print(printed(lines))
    print(f"\n{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end.")


if __name__ == "__main__":
    main()
