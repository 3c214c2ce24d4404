"""`python -m locales compile | update | drop | check`: the catalogues are compiled, brought up to date, cleared, or judged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from locales import catalogues


def compile_all() -> int:
    """The service can read the catalogues."""
    for path in catalogues.compile_all():
        print(f"Compiled {path.relative_to(catalogues.HOME.parent)}.")
    return 0


def update() -> int:
    """New sentences stand in every catalogue, waiting for their translation; what is missing or stale is told."""
    sentences = catalogues.living()
    for path in catalogues.paths():
        catalogue = catalogues.read(path)
        catalogues.add_missing(catalogue, sentences)
        catalogues.write(catalogue, path)
        missing, stale = catalogues.missing(catalogue, sentences), catalogues.stale(catalogue, sentences)
        print(f"{catalogues.language_of(path)}: {len(sentences)} sentences, {len(missing)} missing, {len(stale)} stale.")
        for words in missing:
            print(f"  missing: {words!r}")
        for entry in stale:
            print(f"  stale: {entry.id!r}")
    return 0


def drop() -> int:
    """Sentences that the code no longer says are gone from every catalogue."""
    sentences = catalogues.living()
    for path in catalogues.paths():
        catalogue = catalogues.read(path)
        catalogues.drop_stale(catalogue, sentences)
        catalogues.write(catalogue, path)
    return 0


def check() -> int:
    """All faults of all catalogues are told; 1 when there is one."""
    sentences = catalogues.living()
    faults = [
        f"{catalogues.language_of(path)}: {fault}"
        for path in catalogues.paths()
        for fault in catalogues.faults(catalogues.read(path), sentences)
    ]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


VERBS: Mapping[str, Callable[[], int]] = {"compile": compile_all, "update": update, "drop": drop, "check": check}


def main(arguments: list[str]) -> int:
    """The exit code of one verb."""
    verb = VERBS.get(arguments[0]) if len(arguments) == 1 else None
    if verb is None:
        print(__doc__, file=sys.stderr)
        return 2
    return verb()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
