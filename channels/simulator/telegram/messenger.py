"""The messenger: accounts, groups, what stands in each chat, and whom the bot may write to.

It knows no network and no clock: the moment is an argument, and the caller holds the lock.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from channels.simulator.telegram import refusals
from channels.simulator.telegram.accounts import Account, Bot, Group
from channels.simulator.telegram.markup import Markup, data_in
from channels.simulator.telegram.posts import Answer, Draft, File, Post, Window
from channels.simulator.telegram.refusals import RefusedError

KEPT = 50_000  # posts; the oldest are forgotten, so that a broadcast can be tried for hours
ANSWERS_KEPT = 20  # in each chat
ACTION_SHOWN = timedelta(seconds=5)
PATH_LIVES = timedelta(hours=1)  # a file's address is good for at least an hour


class Messenger:
    """Everything that people and the bot see."""

    def __init__(self, bot: Bot, accounts: Iterable[Account], *, first_id: int) -> None:
        """Connect the accounts; the first post gets `first_id`, for ids must not come again when the box starts anew."""
        self.bot = bot
        self.commands: dict[str, object] = {}
        self._accounts: dict[int, Account] = {}
        self._groups: dict[int, Group] = {}
        self._windows: dict[int, Window] = {}
        self._posts: dict[tuple[int, int], Post] = {}
        self._talks: dict[int, dict[int, None]] = {}  # chat -> ids, in order
        self._files: dict[str, File] = {}
        self._paths: dict[str, tuple[File, datetime]] = {}
        self._next_id, self._revisions = first_id, 0
        for account in accounts:
            self.connect(account)

    # Who is there

    def connect(self, account: Account) -> None:
        """The account is on the page; the same id again changes it."""
        if account.id == self.bot.id:
            raise ValueError(f"{account.id} is the bot's own id.")
        self._accounts[account.id] = account
        if account.has_started:
            self.alter(account.id, is_open=True)

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, in the order in which they were connected."""
        return tuple(self._accounts.values())

    def account(self, number: int) -> Account | None:
        """One account."""
        return self._accounts.get(number)

    def keep_group(self, group: Group) -> None:
        """The group is as given."""
        self._groups[group.id] = group

    def groups(self) -> tuple[Group, ...]:
        """All groups, those included that live on under another id."""
        return tuple(self._groups.values())

    def group(self, number: int) -> Group | None:
        """One group."""
        return self._groups.get(number)

    # What the bot may do

    def check_open(self, chat_id: int) -> None:
        """Nothing happens when the bot may write into this chat; RefusedError says why it may not."""
        group = self._groups.get(chat_id)
        if group is not None:
            _check_group(group)
        elif chat_id not in self._accounts or not self.window(chat_id).is_open:
            raise RefusedError(refusals.CHAT_NOT_FOUND)
        elif self.window(chat_id).is_blocked:
            raise RefusedError(refusals.BLOCKED)

    def own_post(self, chat_id: int, post_id: int) -> Post:
        """A post that the bot may change; RefusedError when there is none."""
        post = self.post(chat_id, post_id)
        if post is None:
            raise RefusedError(refusals.EDITED_NOT_FOUND)
        if post.author_id != self.bot.id:
            raise RefusedError(refusals.NOT_EDITABLE)
        return post

    # Posts

    def write(self, chat_id: int, author_id: int, *, draft: Draft, now: datetime) -> Post:
        """The draft stands in the chat, and its keys are on the person's screen."""
        post = Post(
            id=self._next_id,
            revision=self.next_revision(),
            chat_id=chat_id,
            author_id=author_id,
            at=now,
            content=draft.content,
            files=draft.files,
            inline=draft.markup.inline,
            reply_to=draft.reply_to,
            is_protected=draft.is_protected,
            offered=data_in(draft.markup.inline),
        )
        self._next_id += 1
        self._posts[chat_id, post.id] = post
        self._talks.setdefault(chat_id, {})[post.id] = None
        self._files.update((file.file_id, file) for file in draft.files)
        self._show_keys(post, draft.markup)
        if author_id == self.bot.id:
            self.alter(chat_id, action="", action_until=None)
        self._forget_oldest()
        return post

    def change(self, post: Post) -> Post:
        """The post is as given, with a revision of its own."""
        post = replace(post, revision=self.next_revision(), offered=post.offered | data_in(post.inline))
        self._posts[post.chat_id, post.id] = post
        return post

    def post(self, chat_id: int, post_id: int) -> Post | None:
        """One post."""
        return self._posts.get((chat_id, post_id))

    def talk(self, chat_id: int) -> tuple[Post, ...]:
        """What stands in one chat, oldest first."""
        return tuple(self._posts[chat_id, post_id] for post_id in self._talks.get(chat_id, ()))

    def last_id(self, chat_id: int) -> int:
        """The id of the newest post in a chat; 0 when it is empty."""
        return next(reversed(self._talks.get(chat_id, {})), 0)

    # Beside the posts

    def window(self, chat_id: int) -> Window:
        """How a chat looks beside its posts."""
        return self._windows.get(chat_id, Window())

    def alter(self, chat_id: int, **changes: Any) -> None:
        """The chat looks different, as given."""
        self._windows[chat_id] = replace(self.window(chat_id), **changes)

    def show_action(self, chat_id: int, action: str, *, now: datetime) -> None:
        """The person sees for a moment that the bot is about to do something."""
        self.alter(chat_id, action=action, action_until=now + ACTION_SHOWN)

    def show_answer(self, chat_id: int, query_id: str, *, text: str, is_alert: bool) -> None:
        """The person who pressed a button sees the bot's few words."""
        answer = Answer(self.next_revision(), query_id, text, is_alert)
        self.alter(chat_id, answers=(*self.window(chat_id).answers, answer)[-ANSWERS_KEPT:])

    def next_revision(self) -> int:
        """A number larger than all before."""
        self._revisions += 1
        return self._revisions

    # Files

    def file(self, file_id: str) -> File | None:
        """A file by the id under which the bot knows it."""
        return self._files.get(file_id)

    def offer(self, file: File, *, now: datetime) -> None:
        """The file can be fetched by its path for an hour."""
        self._paths[file.path] = (file, now + PATH_LIVES)

    def offered(self, path: str, *, now: datetime) -> File | None:
        """The file that can be fetched by this path."""
        file, until = self._paths.get(path, (None, now))
        return file if now < until else None

    def _show_keys(self, post: Post, markup: Markup) -> None:
        if markup.keyboard is not None or markup.is_removal:
            self.alter(post.chat_id, keyboard=markup.keyboard, keyboard_from=post.id)

    def _forget_oldest(self) -> None:
        if len(self._posts) <= KEPT:
            return
        oldest = self._posts.pop(next(iter(self._posts)))
        del self._talks[oldest.chat_id][oldest.id]
        for file in oldest.files:
            self._files.pop(file.file_id, None)
            self._paths.pop(file.path, None)


def _check_group(group: Group) -> None:
    if group.migrated_to is not None:
        raise RefusedError(refusals.migrated(group.migrated_to))
    if not group.has_bot:
        raise RefusedError(refusals.LEFT_SUPERGROUP if group.kind == "supergroup" else refusals.LEFT_GROUP)
