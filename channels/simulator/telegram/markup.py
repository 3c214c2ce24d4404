"""Reading reply_markup as the platform does, with its limits (core.telegram.org/bots/api#replykeyboardmarkup)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from channels.simulator.telegram import refusals
from channels.simulator.telegram.refusals import Refusal, RefusedError

DATA_LIMIT = 64  # bytes, of which a Chinese character takes three
INLINE_LIMIT, KEYS_LIMIT = 100, 300  # buttons

Tree = Mapping[str, object]

_DEEDS = frozenset(
    {"url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat", "copy_text", "pay"}
)


@dataclass(frozen=True, slots=True)
class Markup:
    """What belongs to one outbound: buttons under it, or keys in place of the keyboard, or the removal of those."""

    inline: Tree | None = None
    keyboard: Tree | None = None
    is_removal: bool = False


def markup_from(tree: object, *, is_private: bool) -> Markup:
    """What reply_markup asks for; RefusedError in the platform's words when it would not take it."""
    if tree is None:
        return Markup()
    if not isinstance(tree, Mapping):
        raise RefusedError(refusals.MARKUP_NOT_OBJECT)
    if "inline_keyboard" in tree:
        return Markup(inline=_inline(tree["inline_keyboard"]))
    if "keyboard" in tree:
        return Markup(keyboard=_keyboard(tree, is_private=is_private))
    return Markup(is_removal=tree.get("remove_keyboard") is True)


def data_in(inline: Tree | None) -> frozenset[str]:
    """The callback data that can be sent by pressing a button."""
    rows = inline["inline_keyboard"] if inline else ()
    assert isinstance(rows, Sequence)
    return frozenset(button["callback_data"] for row in rows for button in row if "callback_data" in button)


def _inline(rows: object) -> Tree | None:
    read = _rows(rows, _inline_button, limit=INLINE_LIMIT)
    return {"inline_keyboard": read} if read else None


def _keyboard(tree: Tree, *, is_private: bool) -> Tree:
    def key(button: object) -> Tree:
        return _key(button, is_private=is_private)

    return {**tree, "keyboard": _rows(tree["keyboard"], key, limit=KEYS_LIMIT)}


def _rows(rows: object, read: Callable[[object], Tree], *, limit: int) -> list[list[Tree]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise RefusedError(refusals.MARKUP_BROKEN)
    kept = [[read(button) for button in row] for row in rows if row]
    if sum(map(len, kept)) > limit:
        raise RefusedError(refusals.MARKUP_TOO_LONG)
    return kept


def _inline_button(button: object) -> Tree:
    tree = _button(button, refusals.BUTTON_TEXT)
    if not _DEEDS & tree.keys():
        raise RefusedError(refusals.BUTTON_WITHOUT_DEED)
    if "callback_data" in tree and not _is_callback_data(tree["callback_data"]):
        raise RefusedError(refusals.BUTTON_DATA)
    if "url" in tree and not str(tree["url"]).startswith(("http://", "https://", "tg://", "t.me/")):
        raise RefusedError(refusals.BUTTON_URL)
    return tree


def _key(button: object, *, is_private: bool) -> Tree:
    tree = _button({"text": button} if isinstance(button, str) else button, refusals.KEY_TEXT)
    if tree.get("request_contact") and not is_private:
        raise RefusedError(refusals.CONTACT_IN_GROUP)
    if tree.get("request_location") and not is_private:
        raise RefusedError(refusals.LOCATION_IN_GROUP)
    return tree


def _button(button: object, textless: Refusal) -> Tree:
    if not isinstance(button, Mapping):
        raise RefusedError(refusals.MARKUP_BROKEN)
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise RefusedError(textless)
    return button


def _is_callback_data(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value.encode("utf-8", "surrogatepass")) <= DATA_LIMIT
