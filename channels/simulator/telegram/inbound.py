"""What a person does in the messenger: writes, edits, presses, starts, blocks; the bot is told as the platform tells it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from channels.simulator.telegram import shapes
from channels.simulator.telegram.accounts import Account, Group
from channels.simulator.telegram.hub import Hub
from channels.simulator.telegram.messenger import Messenger
from channels.simulator.telegram.posts import Draft, Post, in_parts, said

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}", re.ASCII)


class CannotError(Exception):
    """A client of the platform would not let this person do this."""


@dataclass(frozen=True, slots=True)
class Place:
    """Who acts, and in which chat: a person's own chat with the bot has the person's id."""

    account_id: int
    chat_id: int


def say(hub: Hub, place: Place, draft: Draft) -> tuple[Post, ...]:
    """The draft stands in the chat and the bot is told; a text that is too long goes in several parts, as clients send it."""
    text = draft.content.get("text")
    drafts = [replace(draft, content=said(part)) for part in in_parts(text)] if isinstance(text, str) else [draft]
    with hub.held() as messenger:
        _check_can_write(messenger, place)
        if place.chat_id == place.account_id:
            messenger.alter(place.chat_id, is_open=True)
        return tuple(_written(hub, messenger, place, draft=one) for one in drafts)


def edit(hub: Hub, place: Place, post_id: int, *, text: str) -> Post:
    """The person's own words are as given, and the bot is told of the edit."""
    with hub.held() as messenger:
        _check_can_write(messenger, place)
        post = messenger.post(place.chat_id, post_id)
        if post is None or post.author_id != place.account_id:
            raise CannotError("Only one's own words can be edited.")
        post = messenger.change(replace(post, content=_reworded(post, text), edited_at=hub.now()))
        return _told(hub, messenger, post, kind="edited_message") if _is_for_bot(messenger, post) else post


def press(hub: Hub, place: Place, post_id: int, *, data: str, is_unseen: bool = False) -> dict[str, object]:
    """The bot is told of the pressed button, on whatever post it once was; `is_unseen` when the bot can no longer read that post."""
    with hub.held() as messenger:
        account = _check_can_write(messenger, place)
        post = messenger.post(place.chat_id, post_id)
        if post is None or data not in post.offered:
            raise CannotError("There is and was no such button under this post.")
        query_id = hub.open_query(place.chat_id)
        shown = shapes.unseen_post(messenger, post) if is_unseen else shapes.post_fields(messenger, post)
        told = {"id": query_id, "from": shapes.account_fields(account), "message": shown, "chat_instance": str(post.chat_id), "data": data}
        return {"query_id": query_id, "update_id": hub.publish("callback_query", told)}


def start(hub: Hub, account_id: int, payload: str) -> tuple[Post, ...]:
    """The person has pressed Start, or followed a link with a payload; who had blocked the bot has let it in again."""
    if not _PAYLOAD.fullmatch(payload):
        raise CannotError("A payload is at most 64 letters, digits, _ or -.")
    unblock(hub, account_id)
    return say(hub, Place(account_id, account_id), Draft({"text": f"/start {payload}".strip()}))


def block(hub: Hub, account_id: int) -> int | None:
    """The bot can no longer write to this person, and is told so."""
    return _let_in(hub, account_id, is_blocked=True)


def unblock(hub: Hub, account_id: int) -> int | None:
    """The bot can write to this person again, and is told so."""
    return _let_in(hub, account_id, is_blocked=False)


def add_to_group(hub: Hub, account_id: int, group: Group) -> int | None:
    """The group is there, and the bot is told that this person has put it in."""
    with hub.held() as messenger:
        account = _known(messenger, account_id)
        if messenger.group(group.id) is not None or messenger.account(group.id) is not None:
            raise CannotError(f"There is a chat {group.id} already.")
        messenger.keep_group(group)
        told = shapes.membership_fields(messenger, group.id, account=account, states=("left", "member"), now=hub.now())
        return hub.publish("my_chat_member", told)


def upgrade(hub: Hub, group_id: int) -> Group:
    """The group lives on as a supergroup under another id; the bot is told in both, and refused in the old one."""
    with hub.held() as messenger:
        group = messenger.group(group_id)
        if group is None or group.kind != "group" or group.migrated_to is not None:
            raise CannotError("Only a group that was not upgraded before can be upgraded.")
        grown = replace(group, id=-(10**12) + group.id)
        messenger.keep_group(grown)
        author = group.members[0] if group.members else messenger.bot.id
        for chat_id, content in ((group.id, {"migrate_to_chat_id": grown.id}), (grown.id, {"migrate_from_chat_id": group.id})):
            _told(hub, messenger, messenger.write(chat_id, author, draft=Draft(content), now=hub.now()), kind="message")
        messenger.keep_group(replace(group, migrated_to=grown.id))
        return grown


def _known(messenger: Messenger, account_id: int) -> Account:
    account = messenger.account(account_id)
    if account is None:
        raise CannotError(f"There is no account {account_id}.")
    return account


def _check_can_write(messenger: Messenger, place: Place) -> Account:
    account = _known(messenger, place.account_id)
    if place.chat_id == account.id:
        if messenger.window(account.id).is_blocked:
            raise CannotError("Who has blocked the bot cannot write to it.")
        return account
    group = messenger.group(place.chat_id)
    if group is None or account.id not in group.members or group.migrated_to is not None:
        raise CannotError("Only members write in a group, and nobody in one that was upgraded.")
    return account


def _let_in(hub: Hub, account_id: int, *, is_blocked: bool) -> int | None:
    with hub.held() as messenger:
        account = _known(messenger, account_id)
        if messenger.window(account_id).is_blocked == is_blocked:
            return None
        messenger.alter(account_id, is_blocked=is_blocked)
        states = ("member", "kicked") if is_blocked else ("kicked", "member")
        told = shapes.membership_fields(messenger, account_id, account=account, states=states, now=hub.now())
        return hub.publish("my_chat_member", told)


def _written(hub: Hub, messenger: Messenger, place: Place, *, draft: Draft) -> Post:
    post = messenger.write(place.chat_id, place.account_id, draft=draft, now=hub.now())
    return _told(hub, messenger, post, kind="message") if _is_for_bot(messenger, post) else post


def _told(hub: Hub, messenger: Messenger, post: Post, *, kind: str) -> Post:
    update_id = hub.publish(kind, shapes.post_fields(messenger, post))
    return messenger.change(replace(post, update_id=update_id))


def _is_for_bot(messenger: Messenger, post: Post) -> bool:
    """In a group a bot hears commands, its own name and answers to it (core.telegram.org/bots/features#privacy-mode)."""
    group = messenger.group(post.chat_id)
    if group is None:
        return True
    text = str(post.content.get("text") or post.content.get("caption") or "")
    quoted = messenger.post(post.chat_id, post.reply_to) if post.reply_to else None
    is_answer = quoted is not None and quoted.author_id == messenger.bot.id
    return group.has_bot and (is_answer or text.startswith("/") or f"@{messenger.bot.username}" in text)


def _reworded(post: Post, text: str) -> Mapping[str, object]:
    if "text" in post.content:
        return said(text)
    return {**post.content, "caption": text}
