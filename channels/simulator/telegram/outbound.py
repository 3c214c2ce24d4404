"""What the bot does in a chat: it posts, edits, answers pressed buttons and leaves, each with the platform's refusals."""

from dataclasses import replace

from channels.simulator.telegram import files, refusals, shapes
from channels.simulator.telegram.files import Raw
from channels.simulator.telegram.hub import Hub
from channels.simulator.telegram.markup import Markup, Tree, markup_from
from channels.simulator.telegram.messenger import Messenger
from channels.simulator.telegram.parameters import Parameters, Upload
from channels.simulator.telegram.posts import ANSWER_LIMIT, CAPTION_LIMIT, TEXT_LIMIT, Draft, File, Post, units
from channels.simulator.telegram.refusals import RefusedError
from channels.simulator.telegram.shapes import Fields

_ACTIONS = frozenset(
    {
        *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document"),
        *("choose_sticker", "find_location", "record_video_note", "upload_video_note"),
    }
)


def send_text(hub: Hub, asked: Parameters) -> Fields:
    """The text stands in the chat."""
    return _post(hub, asked, content=_text_content(asked))


def send_photo(hub: Hub, asked: Parameters) -> Fields:
    """The photo stands in the chat."""
    return _post_file(hub, asked, kind="photo")


def send_voice(hub: Hub, asked: Parameters) -> Fields:
    """The voice note stands in the chat."""
    return _post_file(hub, asked, kind="voice")


def edit_text(hub: Hub, asked: Parameters) -> Fields:
    """The bot's own text, and the buttons under it, are as given."""
    content = _text_content(asked)
    return _edit(hub, asked, content=content)


def edit_buttons(hub: Hub, asked: Parameters) -> Fields:
    """The buttons under the bot's own post are as given, or gone."""
    return _edit(hub, asked, content=None)


def answer_query(hub: Hub, asked: Parameters) -> bool:
    """The person who pressed the button sees the answer; RefusedError when nobody waits for it any more."""
    text = asked.words("text")
    if len(text) > ANSWER_LIMIT:
        raise RefusedError(refusals.QUERY_TEXT_TOO_LONG)
    query_id = asked.words("callback_query_id")
    chat_id = hub.close_query(query_id)
    with hub.held() as messenger:
        messenger.show_answer(chat_id, query_id, text=text, is_alert=asked.flag("show_alert"))
    return True


def show_action(hub: Hub, asked: Parameters) -> bool:
    """The person sees for five seconds that something is coming."""
    chat_id, action = asked.chat_id(), asked.words("action").lower()
    if action not in _ACTIONS:
        raise RefusedError(refusals.ACTION_WRONG)
    with hub.held() as messenger:
        messenger.check_open(chat_id)
        messenger.show_action(chat_id, action, now=hub.now())
    return True


def leave_chat(hub: Hub, asked: Parameters) -> bool:
    """The bot is in this group no more."""
    chat_id = asked.chat_id()
    with hub.held() as messenger:
        group = messenger.group(chat_id)
        if group is None:
            known = messenger.account(chat_id) is not None
            raise RefusedError(refusals.LEAVE_PRIVATE if known else refusals.CHAT_NOT_FOUND)
        messenger.check_open(chat_id)
        messenger.keep_group(replace(group, has_bot=False))
    return True


def get_file(hub: Hub, asked: Parameters) -> Fields:
    """The file can be fetched for an hour; RefusedError when it is larger than a bot may fetch."""
    with hub.held() as messenger:
        file = messenger.file(asked.words("file_id"))
        if file is None:
            raise RefusedError(refusals.FILE_UNKNOWN)
        if file.size > files.FETCH_LIMIT:
            raise RefusedError(refusals.FILE_TOO_BIG)
        messenger.offer(file, now=hub.now())
    return {**files.file_fields(file), "file_path": file.path}


def _text_content(asked: Parameters) -> Tree:
    text = asked.words("text")
    if not text:
        raise RefusedError(refusals.TEXT_EMPTY)
    if units(text) > TEXT_LIMIT:
        raise RefusedError(refusals.TEXT_TOO_LONG)
    return {"text": text, **_dressing(asked, "entities", "link_preview_options")}


def _dressing(asked: Parameters, *names: str) -> Tree:
    """What the platform gives back as it got it. It would also read HTML and Markdown; this one says that it does not."""
    if asked.words("parse_mode"):
        raise RefusedError(refusals.PARSE_MODE)
    trees = {name: asked.tree(name, refusals.JSON_BROKEN) for name in names}
    return {name: tree for name, tree in trees.items() if tree}


def _post(hub: Hub, asked: Parameters, *, content: Tree, files: tuple[File, ...] = ()) -> Fields:
    chat_id = asked.chat_id()
    with hub.held() as messenger:
        messenger.check_open(chat_id)
        markup = _markup(asked, chat_id)
        reply_to = _replied(messenger, asked, chat_id)
        draft = Draft(content, files, markup=markup, reply_to=reply_to, is_protected=asked.flag("protect_content"))
        return shapes.post_fields(messenger, messenger.write(chat_id, messenger.bot.id, draft=draft, now=hub.now()))


def _post_file(hub: Hub, asked: Parameters, *, kind: str) -> Fields:
    caption = asked.words("caption")
    if units(caption) > CAPTION_LIMIT:
        raise RefusedError(refusals.CAPTION_TOO_LONG)
    fields, kept = _file_content(hub, asked, kind)
    captioned: Tree = {"caption": caption, **_dressing(asked, "caption_entities")} if caption else {}
    return _post(hub, asked, content={**fields, **captioned}, files=kept)


def _file_content(hub: Hub, asked: Parameters, kind: str) -> files.Described:
    upload = _uploaded(asked, kind)
    if upload is not None:
        if len(upload.content) > (files.PHOTO_LIMIT if kind == "photo" else files.UPLOAD_LIMIT):
            raise RefusedError(refusals.TOO_LARGE)
        if not upload.content:
            raise RefusedError(refusals.FILE_EMPTY)
        seconds = asked.whole("duration", 0, least=0, most=86_400)
        return files.described(kind, Raw(upload.content_type, upload.content, name=upload.name, seconds=seconds))
    given = asked.words(kind)
    if given.startswith(("http://", "https://")):
        raise RefusedError(refusals.URL_NOT_FETCHED)
    with hub.held() as messenger:
        known = messenger.file(given)
    if known is None:
        raise RefusedError(refusals.FILE_UNKNOWN)
    return files.described(kind, Raw(known.content_type, known.content, size=known.size))


def _uploaded(asked: Parameters, kind: str) -> Upload | None:
    """The file itself, under the field's own name or under the one that the field points to."""
    given = asked.words(kind)
    return asked.uploads.get(given.removeprefix("attach://") if given.startswith("attach://") else kind)


def _markup(asked: Parameters, chat_id: int) -> Markup:
    return markup_from(asked.tree("reply_markup", refusals.MARKUP_BROKEN), is_private=chat_id > 0)


def _replied(messenger: Messenger, asked: Parameters, chat_id: int) -> int | None:
    tree = asked.tree("reply_parameters", refusals.JSON_BROKEN)
    wanted = tree.get("message_id") if isinstance(tree, dict) else None
    if not isinstance(wanted, int) or not isinstance(tree, dict):
        return None
    if messenger.post(chat_id, wanted) is not None:
        return wanted
    if tree.get("allow_sending_without_reply") is True:
        return None
    raise RefusedError(refusals.REPLIED_NOT_FOUND)


def _edit(hub: Hub, asked: Parameters, *, content: Tree | None) -> Fields:
    chat_id, post_id = asked.chat_id(), asked.whole("message_id", 0, least=0, most=2**31)
    with hub.held() as messenger:
        messenger.check_open(chat_id)
        post = messenger.own_post(chat_id, post_id)
        changed = _changed(post, content, _markup(asked, chat_id).inline)
        # New buttons alone are not an edit that people would be shown.
        edited_at = hub.now() if content is not None else post.edited_at
        return shapes.post_fields(messenger, messenger.change(replace(changed, edited_at=edited_at)))


def _changed(post: Post, content: Tree | None, inline: Tree | None) -> Post:
    if content is not None and "text" not in post.content:
        raise RefusedError(refusals.NO_TEXT_TO_EDIT)
    changed = replace(post, content=post.content if content is None else content, inline=inline)
    if changed == post:
        raise RefusedError(refusals.NOT_MODIFIED)
    return changed
