"""How the control API shows the messenger: accounts, groups, talks and what goes wrong."""

from channels.simulator.telegram import shapes
from channels.simulator.telegram.accounts import Account, Group
from channels.simulator.telegram.hub import Hub
from channels.simulator.telegram.messenger import Messenger
from channels.simulator.telegram.posts import Post
from channels.simulator.telegram.shapes import Fields


def everybody(hub: Hub) -> Fields:
    """The bot, all accounts and all groups."""
    with hub.held() as messenger:
        return {
            "bot": shapes.bot_fields(messenger.bot),
            "accounts": [account(messenger, one) for one in messenger.accounts()],
            "groups": [group(one) for one in messenger.groups()],
        }


def account(messenger: Messenger, one: Account) -> Fields:
    """One account, and how it stands with the bot."""
    window = messenger.window(one.id)
    return {
        "id": one.id,
        "first_name": one.first_name,
        "username": one.username,
        "language_code": one.language_code,
        "phone": one.phone,
        "label": one.label or one.first_name,
        "has_started": window.is_open,
        "is_blocked": window.is_blocked,
        "last_id": messenger.last_id(one.id),
    }


def group(one: Group) -> Fields:
    """One group."""
    known = {"id": one.id, "title": one.title, "type": one.kind, "members": list(one.members), "has_bot": one.has_bot}
    return known | {"migrated_to": one.migrated_to}


def talk(hub: Hub, chat_id: int, *, after: int, changed_after: int) -> Fields:
    """What stands in a chat, and how it looks beside that: keys, the bot's few words, whether it is typing."""
    waiting, now = hub.waiting_ids(), hub.now()
    with hub.held() as messenger:
        window, posts = messenger.window(chat_id), messenger.talk(chat_id)
        is_acting = window.action_until is not None and now < window.action_until
        answers = [
            {"query_id": answer.query_id, "text": answer.text, "show_alert": answer.is_alert, "revision": answer.revision}
            for answer in window.answers
            if answer.revision > changed_after
        ]
        return {
            "messages": [_post(messenger, post) for post in posts if post.id > after and post.revision > changed_after],
            "waiting": [post.id for post in posts if post.update_id in waiting],
            "keyboard": window.keyboard,
            "keyboard_from": window.keyboard_from,
            "answers": answers,
            "action": window.action if is_acting else "",
            "commands": _commands(messenger, chat_id),
        }


def state(hub: Hub) -> Fields:
    """Who is there, what goes wrong, how updates reach the service, and how many it has not taken yet."""
    faults = [
        {"kind": fault.trouble, "chat_id": fault.chat_id, "method": fault.method, "left": fault.left, "seconds": fault.seconds}
        for fault in hub.listed_faults()
    ]
    return everybody(hub) | {
        "faults": faults,
        "pending": len(hub.waiting_ids()),
        "is_polled": hub.is_polled(),
        "webhook": hub.hook().url,
        "webhook_error": hub.failure.sentence if hub.failure else "",
    }


def _post(messenger: Messenger, post: Post) -> Fields:
    """The post as the platform writes it, and what only a client knows of it."""
    known = {
        "revision": post.revision,
        "from_bot": post.author_id == messenger.bot.id,
        "update_id": post.update_id,
        "at": post.at.isoformat(),
        "is_edited": post.edited_at is not None,
        "file": _file(post),
    }
    return shapes.post_fields(messenger, post) | known


def _file(post: Post) -> Fields | None:
    """Where the page finds the file of a post: of a photo's sizes, the largest."""
    if not post.files:
        return None
    last = post.files[-1]
    url = f"/control/accounts/{post.chat_id}/files/{last.file_id}"
    return {"content_type": last.content_type, "size": last.size, "url": url, "file_id": last.file_id}


def _commands(messenger: Messenger, chat_id: int) -> object:
    one = messenger.account(chat_id)
    language = one.language_code.partition("-")[0] if one else ""
    return messenger.commands.get(language) or messenger.commands.get("") or []
