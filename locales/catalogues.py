"""The catalogues against the code: every marked sentence has its translation, with the same places for values, and nothing else is kept.

English is the source. A sentence may have wordings of its own for `sms` and `spoken`, kept under that context in any language;
the English catalogue holds nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HOME = Path(__file__).resolve().parent
PACKAGES = ("bot", "channels", "workflows")
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
DOMAIN = "anlin"
SOURCE = "en"
VARIANTS = ("sms", "spoken")
HEADER = """\
# Words that residents and staff read. `make words` brings in new sentences; this order is kept by it.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def living(root: Path = HOME.parent) -> frozenset[str]:
    """Every sentence that the code and its pages mark with `_`."""
    found = (extract_from_dir(root / package, METHODS, keywords={"_": None}) for package in PACKAGES)
    return frozenset(str(words) for package in found for _, _, words, _, _ in package if words)


def paths(home: Path = HOME) -> tuple[Path, ...]:
    """The catalogue files, in the order of their languages."""
    return tuple(sorted(home.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


def language_of(path: Path) -> str:
    """The language of a catalogue file."""
    return path.parent.parent.name


def read(path: Path) -> Catalog:
    """The catalogue in a file."""
    with path.open("rb") as opened:
        return read_po(opened, locale=language_of(path), domain=DOMAIN, abort_invalid=True)


def write(catalogue: Catalog, path: Path) -> None:
    """The file holds the catalogue, in the order of its sentences, so that a change shows as one line in a review."""
    body = BytesIO()
    write_po(body, catalogue, width=0, omit_header=True, no_location=True, sort_output=True, ignore_obsolete=True)
    path.write_bytes(HEADER.format(language=language_of(path)).encode() + body.getvalue())


def compile_all(home: Path = HOME) -> list[Path]:
    """Every catalogue is compiled beside its source; the files made."""
    made = []
    for path in paths(home):
        compiled, fresh = path.with_suffix(".mo"), path.with_suffix(".mo.new")
        with fresh.open("wb") as opened:
            write_mo(opened, read(path))
        fresh.replace(compiled)
        made.append(compiled)
    return made


def add_missing(catalogue: Catalog, sentences: Iterable[str]) -> None:
    """Every sentence has an entry, empty when it is new. English gets none: it is the source."""
    if _is_source(catalogue):
        return
    for words in sentences:
        if catalogue.get(words) is None:
            catalogue.add(words)


def drop_stale(catalogue: Catalog, sentences: Collection[str]) -> None:
    """Nothing is kept of sentences that the code no longer says."""
    for entry in stale(catalogue, sentences):
        catalogue.delete(entry.id, entry.context)


def missing(catalogue: Catalog, sentences: Iterable[str]) -> list[str]:
    """The sentences without a translation, in order."""
    if _is_source(catalogue):
        return []
    return sorted(words for words in sentences if not (entry := catalogue.get(words)) or not entry.string)


def stale(catalogue: Catalog, sentences: Collection[str]) -> list[Message]:
    """The entries, variants included, of sentences that the code no longer says."""
    return [entry for entry in _entries(catalogue) if entry.id not in sentences]


def faults(catalogue: Catalog, sentences: Collection[str]) -> list[str]:
    """Everything that is wrong with a catalogue, each as one sentence."""
    told = [f"{words!r} has no translation." for words in missing(catalogue, sentences)]
    told += [f"{entry.id!r} is no longer said." for entry in stale(catalogue, sentences)]
    told += [f"{entry.id!r} {fault}." for entry in _entries(catalogue) for fault in _entry_faults(entry, is_source=_is_source(catalogue))]
    return told


def _is_source(catalogue: Catalog) -> bool:
    return catalogue.locale is not None and catalogue.locale.language == SOURCE


def _entries(catalogue: Catalog) -> Iterator[Message]:
    return (entry for entry in catalogue if entry.id)


def _entry_faults(entry: Message, *, is_source: bool) -> Iterator[str]:
    if entry.fuzzy:
        yield "is marked fuzzy"
    if entry.context is not None and entry.context not in VARIANTS:
        yield f"has the unknown context {entry.context!r}"
    if entry.context is None and is_source:
        yield "is translated from English to English"
    if entry.context is not None and not entry.string:
        yield f"has an empty wording for {entry.context}"
    if entry.string:
        yield from _place_faults(entry)


def _place_faults(entry: Message) -> Iterator[str]:
    """A variant may leave a place out to fit its channel; the plain wording says everything."""
    try:
        source, said = _places(str(entry.id)), _places(str(entry.string))
    except ValueError as fault:
        yield f"cannot be filled in ({fault})"
        return
    if unknown := said - source:
        yield f"is given a place that the code does not fill: {', '.join(sorted(unknown))}"
    if entry.context is None and (lost := source - said):
        yield f"loses {', '.join(sorted(lost))} in translation"


def _places(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}
