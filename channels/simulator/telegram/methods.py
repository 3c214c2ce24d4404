"""The methods of the Bot API that the box has, by their names (core.telegram.org/bots/api#available-methods)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from channels.simulator.telegram import outbound, refusals, shapes
from channels.simulator.telegram.hub import Ask, Hub
from channels.simulator.telegram.parameters import Parameters
from channels.simulator.telegram.refusals import RefusedError
from channels.simulator.telegram.shapes import Fields
from channels.simulator.telegram.webhook import Hook, hook_from

LONGEST_POLL = 50  # seconds
MOST_COMMANDS = 100

Method = Callable[[Hub, Parameters], object]

_COMMAND = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """A result with a sentence beside it."""

    result: object
    description: str


def method_named(name: str) -> Method:
    """The method of this name, in any case of letters; RefusedError when there is none."""
    method = _METHODS.get(name.lower())
    if method is None:
        raise RefusedError(refusals.METHOD_UNKNOWN)
    return method


def _get_me(hub: Hub, asked: Parameters) -> Fields:
    with hub.held() as messenger:
        return shapes.own_fields(messenger.bot)


def _get_updates(hub: Hub, asked: Parameters) -> list[Fields]:
    _ask_for(hub, asked)
    ask = Ask(
        offset=asked.whole("offset", 0, least=-(2**31), most=2**31),
        limit=asked.whole("limit", 100, least=1, most=100),
        timeout=asked.whole("timeout", 0, least=0, most=LONGEST_POLL),
    )
    return [update.fields() for update in hub.poll(ask)]


def _set_webhook(hub: Hub, asked: Parameters) -> Told:
    hook = hook_from(asked, public_url=hub.settings.public_url)
    if not hook.url:
        return _delete_webhook(hub, asked)
    _ask_for(hub, asked)
    is_as_before = hook == hub.hook()
    hub.set_hook(hook, is_drop=asked.flag("drop_pending_updates"))
    return Told(True, "Webhook is already set" if is_as_before else "Webhook was set")


def _delete_webhook(hub: Hub, asked: Parameters) -> Told:
    had_one = bool(hub.hook().url)
    hub.set_hook(Hook(), is_drop=asked.flag("drop_pending_updates"))
    return Told(True, "Webhook was deleted" if had_one else "Webhook is already deleted")


def _get_webhook(hub: Hub, asked: Parameters) -> Fields:
    hook, failure = hub.hook(), hub.failure
    fields: Fields = {"url": hook.url, "has_custom_certificate": False, "pending_update_count": len(hub.waiting_ids())}
    if hook.url:
        fields["max_connections"] = hook.connections
    if failure is not None:
        fields |= {"last_error_date": int(failure.at.timestamp()), "last_error_message": failure.sentence}
    return fields | ({"allowed_updates": list(hub.asked_for())} if hub.asked_for() else {})


def _ask_for(hub: Hub, asked: Parameters) -> None:
    """Which updates are told stays as it was when nothing is said about it."""
    kinds = asked.tree("allowed_updates", refusals.JSON_BROKEN)
    if isinstance(kinds, list):
        hub.ask_for(tuple(str(kind) for kind in kinds))


def _set_commands(hub: Hub, asked: Parameters) -> bool:
    commands = asked.tree("commands", refusals.COMMANDS_BROKEN)
    if not isinstance(commands, list) or len(commands) > MOST_COMMANDS:
        raise RefusedError(refusals.COMMANDS_BROKEN)
    for command in commands:
        _check_command(command)
    with hub.held() as messenger:
        messenger.commands[_audience(asked)] = commands
    return True


def _get_commands(hub: Hub, asked: Parameters) -> object:
    with hub.held() as messenger:
        return messenger.commands.get(_audience(asked), [])


def _audience(asked: Parameters) -> str:
    """Whose menu it is: commands may differ by language. The box shows everybody one menu of their own language."""
    return asked.words("language_code")


def _check_command(command: object) -> None:
    if not isinstance(command, Mapping):
        raise RefusedError(refusals.COMMANDS_BROKEN)
    if not _COMMAND.fullmatch(str(command.get("command", "")).removeprefix("/")):
        raise RefusedError(refusals.COMMAND_WRONG)
    if not 1 <= len(str(command.get("description", ""))) <= 256:
        raise RefusedError(refusals.COMMAND_TEXT_WRONG)


_METHODS: dict[str, Method] = {
    "getme": _get_me,
    "getupdates": _get_updates,
    "setwebhook": _set_webhook,
    "deletewebhook": _delete_webhook,
    "getwebhookinfo": _get_webhook,
    "sendmessage": outbound.send_text,
    "sendphoto": outbound.send_photo,
    "sendvoice": outbound.send_voice,
    "editmessagetext": outbound.edit_text,
    "editmessagereplymarkup": outbound.edit_buttons,
    "answercallbackquery": outbound.answer_query,
    "sendchataction": outbound.show_action,
    "getfile": outbound.get_file,
    "setmycommands": _set_commands,
    "getmycommands": _get_commands,
    "leavechat": outbound.leave_chat,
}
