"""`anlin fallback`: what the telephone platform plays when this whole machine is down."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from bot import settings
from bot.carriers import NO_ACCOUNT
from bot.translate import load_translator
from bot.web.broken import Speaker, broken
from channels.voice import IN_LANGUAGE, Voice

WHERE = """Put this where it needs no machine of yours. In the Twilio console:
1. TwiML Bins: create one, name it anlin-fallback, paste the document above, save.
2. Phone Numbers, your number, Voice: at "Primary handler fails" choose TwiML Bin and anlin-fallback, save.
3. Stop the service, ring the number from a real telephone, and listen."""
NO_DUTY = "ANLIN_DUTY_PHONE is not set, so nobody is rung: callers hear the emergency numbers only."


@click.command()
def fallback() -> None:
    """Print the TwiML that the telephone platform plays when this machine is down, and say where to put it."""
    read = settings.load()
    translator = load_translator(read.language, read.zone)
    languages = tuple(language for language in translator.languages if language in IN_LANGUAGE)
    click.echo(broken(Speaker(translator, Voice(NO_ACCOUNT).draw, datetime.now(UTC)), languages, duty_phone=read.duty_phone))
    click.echo(WHERE, err=True)
    if not read.duty_phone:
        click.echo(NO_DUTY, err=True)
