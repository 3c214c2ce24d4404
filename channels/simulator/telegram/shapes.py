"""How the platform writes accounts, chats, posts and pressed buttons as JSON (core.telegram.org/bots/api#available-types)."""

from datetime import datetime

from channels.simulator.telegram.accounts import Account, Bot, Group
from channels.simulator.telegram.messenger import Messenger
from channels.simulator.telegram.posts import Post

Fields = dict[str, object]


def bot_fields(bot: Bot) -> Fields:
    """The bot as others see it."""
    return {"id": bot.id, "is_bot": True, "first_name": bot.first_name, "username": bot.username}


def own_fields(bot: Bot) -> Fields:
    """The bot as it sees itself."""
    abilities = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
    return {**bot_fields(bot), **abilities, "can_connect_to_business": False, "has_main_web_app": False}


def account_fields(account: Account) -> Fields:
    """An account as the bot sees it: never with its phone."""
    fields: Fields = {"id": account.id, "is_bot": False, "first_name": account.first_name}
    if account.username:
        fields["username"] = account.username
    return {**fields, "language_code": account.language_code}


def chat_fields(messenger: Messenger, chat_id: int) -> Fields:
    """A chat, as every post in it names it."""
    group, account = messenger.group(chat_id), messenger.account(chat_id)
    if group is not None:
        return _group_chat(group)
    assert account is not None
    named = {"username": account.username} if account.username else {}
    return {"id": chat_id, "first_name": account.first_name, **named, "type": "private"}


def post_fields(messenger: Messenger, post: Post, *, is_whole: bool = True) -> Fields:
    """A post; one that is quoted does not quote in turn."""
    fields: Fields = {
        "message_id": post.id,
        "from": _author(messenger, post),
        "chat": chat_fields(messenger, post.chat_id),
        "date": int(post.at.timestamp()),
    }
    if post.edited_at is not None:
        fields["edit_date"] = int(post.edited_at.timestamp())
    quoted = messenger.post(post.chat_id, post.reply_to) if post.reply_to and is_whole else None
    if quoted is not None:
        fields["reply_to_message"] = post_fields(messenger, quoted, is_whole=False)
    if post.is_protected:
        fields["has_protected_content"] = True
    markup = {"reply_markup": post.inline} if post.inline else {}
    return {**fields, **post.content, **markup}


def unseen_post(messenger: Messenger, post: Post) -> Fields:
    """A post that the bot can no longer see: its date is 0 and its words are gone."""
    return {"chat": chat_fields(messenger, post.chat_id), "message_id": post.id, "date": 0}


def membership_fields(messenger: Messenger, chat_id: int, *, account: Account, states: tuple[str, str], now: datetime) -> Fields:
    """A my_chat_member: what the bot was in this chat, and what it is now."""
    old, new = ({"user": bot_fields(messenger.bot), "status": state, **_until(state)} for state in states)
    told = {"chat": chat_fields(messenger, chat_id), "from": account_fields(account), "date": int(now.timestamp())}
    return {**told, "old_chat_member": old, "new_chat_member": new}


def _until(state: str) -> Fields:
    return {"until_date": 0} if state == "kicked" else {}


def _group_chat(group: Group) -> Fields:
    everyone = {"all_members_are_administrators": True} if group.kind == "group" else {}
    return {"id": group.id, "title": group.title, "type": group.kind, **everyone}


def _author(messenger: Messenger, post: Post) -> Fields:
    account = messenger.account(post.author_id)
    return account_fields(account) if account else bot_fields(messenger.bot)
