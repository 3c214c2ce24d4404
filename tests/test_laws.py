"""The laws of the tree: each test walks all of it and fails for whoever breaks one."""

from __future__ import annotations

import ast
import gettext
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from importlib import import_module, metadata
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.readings import languages
from bot.router import COMMANDS
from bot.settings import Settings, default_words, environment_name
from locales import catalogues

ROOT = Path(__file__).resolve().parent.parent
OURS = ("bot", "channels", "workflows", "locales")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@cache
def modules(*packages: str) -> tuple[Path, ...]:
    return tuple(sorted(path for package in packages for path in (ROOT / package).rglob("*.py")))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def at(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a module with the plain name of what is called."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            called = node.func
            yield (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")), node


# Size and shape


def test_no_file_of_ours_is_longer_than_400_lines() -> None:
    long = {at(path): lines for path in modules(*OURS) if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400}
    assert long == {}


def test_no_function_of_ours_is_longer_than_50_lines() -> None:
    long = {
        f"{at(path, node)} {node.name}": lines
        for path in modules(*OURS)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > 50
    }
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    assert [at(path) for path in modules(*OURS) if not ast.get_docstring(parsed(path))] == []


def test_a_package_opens_with_a_docstring_and_nothing_else() -> None:
    free = {ROOT / "bot/store/__init__.py", ROOT / "bot/web/__init__.py"}
    packages = [path for path in modules(*OURS) if path.name == "__init__.py" and path not in free]
    assert [at(path) for path in packages if len(parsed(path).body) != 1] == []


def test_no_module_bears_a_name_that_says_nothing() -> None:
    forbidden = {"user", "message", "notification", "ticket", "handler", "manager", "helper", "util", "data", "info", "process", "service"}
    named = {at(path): set(re.split(r"[/_]", path.relative_to(ROOT).with_suffix("").as_posix())) for path in modules(*OURS)}
    assert [where for where, parts in named.items() if parts & (forbidden | {f"{name}s" for name in forbidden})] == []


def test_nothing_is_left_for_later() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    looked_at = [path for path in modules(*OURS, "tests") if path != Path(__file__).resolve()]
    assert [at(path) for path in looked_at if left.search(path.read_text(encoding="utf-8"))] == []


def test_every_module_of_the_machine_has_its_layer() -> None:
    house = next(contract for contract in PROJECT["tool"]["importlinter"]["contracts"] if contract["id"] == "house")
    layered = set(re.findall(r"bot\.(\w+)", " ".join(house["layers"])))
    present = {path.stem for path in (ROOT / "bot").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()} - {"__init__"}
    assert present - layered == set()


# What the outside may not do to us unseen


def test_only_the_settings_read_the_environment() -> None:
    reads = {"environ", "environb", "getenv", "getenvb", "putenv"}
    found = [
        at(path, node)
        for path in modules(*OURS)
        if path != ROOT / "bot/settings.py"
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os" and node.attr in reads)
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and reads & {name.name for name in node.names})
    ]
    assert found == []


def test_a_moment_is_never_without_its_time_zone() -> None:
    naive = [
        at(path, call)
        for path in modules(*OURS)
        if path != ROOT / "bot/clock.py"
        for name, call in calls(path)
        if name in ("utcnow", "utcfromtimestamp") or (name in ("now", "today") and is_naive(call))
    ]
    assert naive == []


def is_naive(call: ast.Call) -> bool:
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    return not (call.args or call.keywords) and getattr(owner, "attr", getattr(owner, "id", "")) in ("datetime", "date")


PURE = ("engine", "router", "answers", "translate", "prompt", "envelope", "effects", "ladder", "calendar")


def thinking() -> list[Path]:
    named = [ROOT / "bot" / f"{name}.py" for name in PURE]
    rooms = [path for path in modules("workflows") if path.stem.endswith(("flow", "rules", "words"))]
    return [*named, *modules("bot/triage"), *rooms]


def test_what_thinks_knows_no_clock_and_no_chance() -> None:
    """A talk is replayed, a decision taken again: both must come out as before."""
    chance = {"random", "secrets", "uuid", "time", "socket", "threading", "subprocess"}
    found = [at(path, call) for path in thinking() for name, call in calls(path) if name in ("now", "utcnow", "today", "urandom")]
    for path in thinking():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported = {getattr(node, "module", None)} | {name.name for name in node.names if isinstance(node, ast.Import)}
                found += [at(path, node)] if imported & chance else []
    assert found == []


def test_no_flow_holds_on_when_it_is_left() -> None:
    """`Left` and the engine's own closing go through a flow: nothing in it may catch them all or act on every way out."""
    found = [
        at(path, node)
        for path in modules("workflows")
        if path.stem.endswith("flow")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Try)
        and any(isinstance(inner, ast.Yield | ast.YieldFrom) for part in node.body for inner in ast.walk(part))
        and (node.finalbody or any(catches_all(caught) for caught in node.handlers))
    ]
    assert found == []


def catches_all(caught: ast.ExceptHandler) -> bool:
    return caught.type is None or getattr(caught.type, "id", "") in ("Exception", "BaseException")


def test_no_test_waits_by_sleeping() -> None:
    """The bench may: it sends at a rate."""
    slept = [
        at(path, call)
        for path in modules("tests")
        if not path.is_relative_to(ROOT / "tests/bench")
        for name, call in calls(path)
        if name == "sleep" and not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0)
    ]
    assert slept == []


# What people read

SPOKEN = {"say": (0,), "Say": (0,), "phrase": (0,), "Phrase": (0,), "ask": (1,), "Ask": (1,), "Choice": (1, 2)}
SPOKEN |= {"NotAllowed": (0,), "Overtaken": (0,)}  # what is refused is told on a page too


def test_people_are_told_only_marked_sentences() -> None:
    bare = [
        at(path, call)
        for path in modules("bot", "channels", "workflows")
        for name, call in calls(path)
        for place in SPOKEN.get(name, ())
        if len(call.args) > place and is_bare(call.args[place])
    ]
    assert bare == []


def is_bare(words: ast.expr) -> bool:
    """Whether a sentence stands there unmarked; places alone (`{building}`) are no sentence."""
    if isinstance(words, ast.JoinedStr):
        return True
    text = words.value if isinstance(words, ast.Constant) and isinstance(words.value, str) else ""
    return bool(re.search(r"\w", re.sub(r"\{[^}]*\}", "", text)))


def test_a_marked_sentence_stands_where_it_is_marked() -> None:
    elsewhere = [
        at(path, call)
        for path in modules("bot", "channels", "workflows")
        for name, call in calls(path)
        if name == "_" and not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert elsewhere == []


@pytest.mark.parametrize("path", catalogues.paths(), ids=catalogues.language_of)
def test_every_catalogue_says_everything_and_nothing_else(path: Path) -> None:
    assert catalogues.faults(catalogues.read(path), catalogues.living(ROOT)) == []


def test_chinese_and_english_are_there_and_can_be_compiled(tmp_path: Path) -> None:
    assert {"en", "zh_CN"} <= set(languages())
    for path in catalogues.paths():
        copy = tmp_path / path.relative_to(catalogues.HOME)
        copy.parent.mkdir(parents=True)
        copy.write_bytes(path.read_bytes())
    catalogues.compile_all(tmp_path)
    for path in catalogues.paths():
        gettext.translation("anlin", tmp_path, [catalogues.language_of(path)])


def test_no_catalogue_names_a_translator_or_a_file() -> None:
    """A catalogue is in the order of its sentences, as the tool writes it, so that a change of words is a change of one line."""
    for path in catalogues.paths():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^(#:|\"(Last-Translator|PO-Revision-Date))", text, re.MULTILINE)


# The README and what it promises


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_stands_in_the_readme_with_its_default_and_its_sentence(setting: object) -> None:
    name, default, words = environment_name(setting), default_words(setting), setting.metadata["help"]
    row = f"| `{name}` | {f'`{default}`' if default else ''} | {words} |"
    assert re.sub(r"\s+", " ", row) in re.sub(r"\s+", " ", README)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_word_that_people_can_say_stands_in_the_readme(name: str) -> None:
    chinese, english = (first_word(name, language) for language in ("zh_CN", "en"))
    assert re.search(rf"^\| `{re.escape(chinese)}` \| `{re.escape(english)}` \|", README, re.MULTILINE), f"{chinese}, {english}"


def first_word(name: str, language: str) -> str:
    catalogue = next((path for path in catalogues.paths() if catalogues.language_of(path) == language != "en"), None)
    words = catalogues.read(catalogue).get(COMMANDS[name]).string if catalogue else COMMANDS[name]
    return str(words).partition("|")[0]


def test_no_word_means_two_things() -> None:
    """The later list would take it from the earlier one, unseen."""
    said: dict[str, str] = {}
    for name, words in COMMANDS.items():
        chinese = next(catalogues.read(path).get(words).string for path in catalogues.paths() if catalogues.language_of(path) == "zh_CN")
        for word in {*words.split("|"), *str(chinese).split("|")}:
            assert said.setdefault(word.casefold(), name) == name, word


def test_the_readme_lists_no_setting_that_there_is_not() -> None:
    known = {environment_name(setting) for setting in fields(Settings)} | {"ANLIN_CONFIG", "ANLIN_TEST_POSTGRES_URL"}
    assert set(re.findall(r"\bANLIN_[A-Z_]+[A-Z]", README)) - known == set()


def commands() -> dict[str, click.Command]:
    """Every command of the console that does something, by its words."""
    console = import_module("bot.console.main").anlin

    def below(group: click.Group, words: str) -> Iterator[tuple[str, click.Command]]:
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                yield from below(command, f"{words} {name}")
            else:
                yield f"{words} {name}", command

    return dict(below(console, "anlin"))


def test_every_command_stands_in_the_readme_and_explains_itself() -> None:
    for words, command in commands().items():
        assert re.search(rf"`{words}\b", README), f"The README does not tell of {words}."
        assert command.help, f"{words} --help says nothing."


def test_the_readme_tells_of_no_command_that_there_is_not() -> None:
    known = commands()
    for told in re.findall(r"`(anlin(?: [a-z]+)+)", README):
        assert any(told == words or told.startswith(f"{words} ") or words.startswith(f"{told} ") for words in known), told


def examples() -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_the_examples_of_the_readme_run_one_after_the_other(tmp_path: Path) -> None:
    """They are tried in the order in which they stand, in an empty folder, as somebody who reads would."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("ANLIN_")}
    clean |= {"ANLIN_DATA_DIR": str(tmp_path / "kept"), "PYTHONPATH": str(ROOT)}
    assert examples()
    for example in examples():
        command, *words = shlex.split(example)
        assert command == "anlin", example
        ran = subprocess.run([sys.executable, "-m", "bot", *words], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{example}\n{ran.stdout}{ran.stderr}"


def test_every_channel_has_payloads_and_a_table_of_what_becomes_of_them() -> None:
    contract = next(contract for contract in PROJECT["tool"]["importlinter"]["contracts"] if contract["id"] == "channels")
    (connected,) = [layer.split(" | ") for layer in contract["layers"] if "simulator" in layer]
    for name in set(connected) - {"simulator"}:
        assert any((ROOT / "tests/payloads" / name).iterdir()), name
        assert (ROOT / f"tests/channels/test_{name}.py").exists(), name


# What is installed


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def wanted() -> list[Requirement]:
    project = PROJECT["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    return [Requirement(each) for each in (*project["dependencies"], *extras, *PROJECT["build-system"]["requires"])]


def test_every_dependency_is_pinned_to_a_version_that_it_allows() -> None:
    pins = pinned()
    for requirement in wanted():
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_whatever_a_dependency_brings_along_is_pinned_too() -> None:
    pins, seen, waiting = pinned(), set(), wanted()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, frozenset(requirement.extras)) in seen:
            continue
        seen.add((name, frozenset(requirement.extras)))
        assert name in pins, f"{name} is not in constraints.txt."
        extras = {"", *requirement.extras}
        brought = [Requirement(each) for each in metadata.requires(requirement.name) or ()]
        waiting += [each for each in brought if not each.marker or any(each.marker.evaluate({"extra": extra}) for extra in extras)]


def test_the_pins_name_neither_a_place_nor_a_registry() -> None:
    assert not re.search(r"@|://|^-", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
