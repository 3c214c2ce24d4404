"""`anlin case`: read cases, answer them, work on them and bring them to an end."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from bot import turn
from bot.console.desk import Desk, as_option, json_option, opened, printed
from bot.effects import Command
from workflows.cases import views
from workflows.cases.end_words import (
    OFFLINE,
    VERDICTS,
    CancelCase,
    JudgeCase,
    NoteCase,
    ProgressCase,
    Reclassified,
    ReclassifyCase,
    ResolveCase,
    WaitForResident,
)
from workflows.cases.states import STATES, spoken
from workflows.cases.views import CaseView
from workflows.cases.words import AnswerCase


@click.group()
def case() -> None:
    """Read cases, answer the people who reported them, and see each to its end."""


@case.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only cases in this state.")
@click.option("--waiting", is_flag=True, help="Only cases that wait for a person.")
@json_option
@as_option
def list_(*, state: str | None, waiting: bool, is_json: bool, handle: str | None) -> None:
    """List cases, newest first. With --as, only those this member of staff may see."""
    with opened(handle) as desk:
        with desk.base.store.begin() as tx:
            found = views.listed(tx, reader=desk.reader, now=desk.now, state=state or "", waiting=waiting, grids=desk.grids)
        if is_json:
            printed([document(desk, view) for view in found])
            return
        for view in found:
            click.echo(_line(desk, view))
        if not found:
            click.echo("There are no such cases.")


@case.command()
@click.argument("number")
@json_option
@as_option
def show(number: str, is_json: bool, handle: str | None) -> None:
    """Show one case with its timeline. The look is kept in the read log."""
    with opened(handle) as desk:
        with desk.base.store.begin() as tx:
            view = views.show(tx, number, reader=desk.reader, now=desk.now, grids=desk.grids)
        if view is None:
            raise click.ClickException(f"There is no case {number}, or it is not in your grids.")
        if is_json:
            printed(document(desk, view))
            return
        click.echo(_line(desk, view))
        click.echo(f"  {view.words}")
        for step in view.timeline:
            click.echo(f"  {_local(desk, step.at)}  {step.kind:<12} {step.actor:<12} {_body(step.body)}")


@case.command()
@click.argument("number")
@click.argument("words", nargs=-1, required=True)
@json_option
@as_option
def answer(*, number: str, words: tuple[str, ...], is_json: bool, handle: str | None) -> None:
    """Answer the person who reported a case, in your own words, on the channel they used."""
    with opened(handle) as desk:
        done = turn.give(desk.house, AnswerCase(number, " ".join(words)), actor=desk.actor, now=desk.now)
        if is_json:
            printed(done)
        else:
            click.echo(f"The answer to case {done.number} is on its way." + (" It was the first response." if done.was_first else ""))


@case.command()
@click.argument("number")
@click.argument("note", nargs=-1)
@json_option
@as_option
def progress(*, number: str, note: tuple[str, ...], is_json: bool, handle: str | None) -> None:
    """Say that a case is being worked on; the resident is told, with your words where there are any."""
    _given(ProgressCase(number, " ".join(note)), is_json, handle)


@case.command()
@click.argument("number")
@click.argument("words", nargs=-1, required=True)
@click.option("--offline", type=click.Choice(OFFLINE), required=True, help="How the result was also told, beside the channel.")
@click.option("--why-not", default="", help="Why it was not told offline.")
@json_option
@as_option
def resolve(*, number: str, words: tuple[str, ...], is_json: bool, handle: str | None, **told: str) -> None:
    """Say what was done; the resident is told, and asked whether it is solved."""
    _given(ResolveCase(number, " ".join(words), told["offline"], told["why_not"]), is_json, handle)


@case.command()
@click.argument("number")
@click.argument("verdict", type=click.Choice(VERDICTS))
@json_option
@as_option
def verdict(*, number: str, verdict: str, is_json: bool, handle: str | None) -> None:
    """Write down what a resident said when you asked them whether it is solved."""
    _given(JudgeCase(number, verdict), is_json, handle)


@case.command()
@click.argument("number")
@click.argument("words", nargs=-1, required=True)
@click.option("--for-resident", is_flag=True, help="Tell the resident too.")
@json_option
@as_option
def note(*, number: str, words: tuple[str, ...], for_resident: bool, is_json: bool, handle: str | None) -> None:
    """Add a note that only staff see, or one for the resident too."""
    _given(NoteCase(number, " ".join(words), for_resident), is_json, handle)


@case.command()
@click.argument("number")
@click.argument("question", nargs=-1, required=True)
@json_option
@as_option
def wait(*, number: str, question: tuple[str, ...], is_json: bool, handle: str | None) -> None:
    """Ask the resident something without which it cannot go on; until they answer, its working days do not count."""
    _given(WaitForResident(number, " ".join(question)), is_json, handle)


@case.command()
@click.argument("number")
@click.argument("why", nargs=-1, required=True)
@json_option
@as_option
def cancel(*, number: str, why: tuple[str, ...], is_json: bool, handle: str | None) -> None:
    """Say why nothing is to be done; the resident is told."""
    _given(CancelCase(number, " ".join(why)), is_json, handle)


@case.command()
@click.argument("number")
@click.argument("class", metavar="CLASS", type=click.Choice(["urgent", "general", "suggestion"]))
@click.argument("why", nargs=-1, required=True)
@json_option
@as_option
def reclassify(*, number: str, why: tuple[str, ...], is_json: bool, handle: str | None, **chosen: str) -> None:
    """Change a case's class; its date is counted again from receipt, and the resident hears the old one, the new one and why."""
    _given(ReclassifyCase(number, chosen["class"], " ".join(why)), is_json, handle)


def _given(command: Command[Any], is_json: bool, handle: str | None) -> None:
    """The command is done as this member of staff, and what the case has come to is told."""
    with opened(handle) as desk:
        done = turn.give(desk.house, command, actor=desk.actor, now=desk.now)
        if is_json:
            printed(done)
        elif isinstance(done, Reclassified):
            click.echo(
                f"Case {done.number} is {done.label}; it was due {_local(desk, done.was_due_at)} and is due {_local(desk, done.due_at)}."
            )
        else:
            click.echo(f"Case {done.number} is {spoken(done.state)}.")


def document(desk: Desk, view: CaseView) -> dict[str, Any]:
    """A case as other programs read it."""
    made: dict[str, Any] = msgspec.to_builtins(view)
    made["class"] = made.pop("label")
    made["place"] = desk.said(view.place)
    return made


def _line(desk: Desk, view: CaseView) -> str:
    about = "about " if view.provisional else ""
    waits = f"  waits for a person: {view.needs_person}" if view.needs_person else ""
    due = f"{about}{_local(desk, view.due)}"
    place = desk.said(view.place) or "-"
    return f"{view.number}  {view.label:<10} {view.category:<14} {view.state:<11} {due}  {view.channel}  {place}{waits}"


def _local(desk: Desk, at: Any) -> str:
    return f"{at.astimezone(desk.base.settings.zone):%Y-%m-%d %H:%M}"


def _body(body: Any) -> str:
    return "" if body is None else msgspec.json.encode(body).decode()
