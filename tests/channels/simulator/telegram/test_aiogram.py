"""The platform's widely used client, as a bot would run it, against the box."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import GetUpdates
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
    Update,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

from channels.simulator.server import Simulator
from tests.channels.simulator.telegram.stage import AN, PIXEL, TOKEN, People

BUTTONS = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="是", callback_data="1:yes")]])
Deed = Callable[[Bot], Awaitable[Any]]


@asynccontextmanager
async def connected(simulator: Simulator, token: str = TOKEN) -> AsyncIterator[Bot]:
    async with Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(simulator.url))) as bot:
        yield bot


def done(simulator: Simulator, deed: Deed, token: str = TOKEN) -> Any:
    async def run() -> Any:
        async with connected(simulator, token) as bot:
            return await asyncio.wait_for(deed(bot), 30)

    return asyncio.run(run())


def talking() -> tuple[Dispatcher, asyncio.Event]:
    """A bot that asks who writes, and is content with a pressed button."""
    dispatcher, is_pressed = Dispatcher(), asyncio.Event()

    @dispatcher.message(F.text)
    async def ask(inbound: Message) -> None:
        await inbound.answer("您还好吗？", reply_markup=BUTTONS)

    @dispatcher.callback_query()
    async def take(pressed: CallbackQuery) -> None:
        await pressed.answer("记下了。")
        assert isinstance(pressed.message, Message)
        await pressed.message.edit_reply_markup(reply_markup=None)
        is_pressed.set()

    return dispatcher, is_pressed


async def converse(people: People, is_pressed: asyncio.Event) -> None:
    """A person writes, is asked, and presses; each step as soon as the other is seen."""
    await asyncio.to_thread(people.send, text="在吗")
    while len(posts := (await asyncio.to_thread(people.chat))["messages"]) < 2:
        await asyncio.sleep(0)
    await asyncio.to_thread(people.press, posts[-1]["message_id"], "1:yes")
    await is_pressed.wait()


def assert_conversed(people: People) -> None:
    chat = people.chat()
    assert [post.get("text") for post in chat["messages"]] == ["在吗", "您还好吗？"]
    assert "reply_markup" not in chat["messages"][1]
    assert [answer["text"] for answer in chat["answers"]] == ["记下了。"]


def test_a_conversation_by_polling(simulator: Simulator, people: People) -> None:
    async def deed(bot: Bot) -> None:
        dispatcher, is_pressed = talking()
        polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False, polling_timeout=20))
        await converse(people, is_pressed)
        await dispatcher.stop_polling()
        await polling

    done(simulator, deed)
    assert_conversed(people)


def test_a_conversation_by_webhook(simulator: Simulator, people: People) -> None:
    async def deed(bot: Bot) -> None:
        dispatcher, is_pressed = talking()
        app = web.Application()
        SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token="s3").register(app, path="/hook")
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="s3", drop_pending_updates=True)
        assert (await bot.get_webhook_info()).url.endswith("/hook")
        with pytest.raises(TelegramConflictError):
            await bot(GetUpdates())
        await converse(people, is_pressed)
        await asyncio.to_thread(people.all_told)
        await bot.delete_webhook()
        await runner.cleanup()

    done(simulator, deed)
    assert_conversed(people)


def test_every_kind_of_update_is_one_that_the_client_knows(simulator: Simulator, people: People) -> None:
    people.post(f"accounts/{AN}/start", payload="poster-3")
    for fields in (
        *({kind: {"bytes_base64": PIXEL}} for kind in ("photo", "voice", "audio", "video", "video_note", "document")),
        {"location": {"latitude": 24.8, "longitude": 118.6}},
        {"contact": "own"},
        {"sticker": "👍"},
    ):
        people.send(**fields)
    people.send(edit={"message_id": people.send(text="三号楼")["message_id"], "text": "四号楼"})
    people.post(f"accounts/{AN}/block")
    people.post(f"accounts/{AN}/unblock")
    people.post("groups", id=-7, title="三号楼", members=[AN])
    people.post("groups/-7/upgrade")
    people.post("messenger/updates", kind="telepathy", body={})

    updates: list[Update] = done(simulator, lambda bot: bot.get_updates(timeout=0))

    inbound = [update.message.content_type for update in updates if update.message]
    assert inbound == [
        *("text", "photo", "voice", "audio", "video", "video_note", "document", "location", "contact", "sticker", "text"),
        *("migrate_to_chat_id", "migrate_from_chat_id"),
    ]
    assert [update.event_type for update in updates[:-1] if not update.message] == ["edited_message", *["my_chat_member"] * 3]


def test_a_file_is_fetched(simulator: Simulator, people: People) -> None:
    people.send(photo={"bytes_base64": PIXEL})

    async def deed(bot: Bot) -> bytes:
        (update,) = await bot.get_updates()
        assert update.message
        assert update.message.photo
        into = io.BytesIO()
        await bot.download(update.message.photo[-1], destination=into)
        return into.getvalue()

    assert done(simulator, deed) == base64.b64decode(PIXEL)


def test_a_photo_and_a_voice_note_are_sent(simulator: Simulator, people: People) -> None:
    people.send(text="在吗")

    async def deed(bot: Bot) -> tuple[Message, Message]:
        file = BufferedInputFile(base64.b64decode(PIXEL), "x.png")
        return await bot.send_photo(AN, file, caption="请看", reply_markup=BUTTONS), await bot.send_voice(AN, file, duration=4)

    photo, voice = done(simulator, deed)
    assert (photo.caption, len(photo.photo), voice.voice.duration) == ("请看", 3, 4)


def test_whatever_else_the_project_asks_for(simulator: Simulator, people: People) -> None:
    people.send(text="在吗")
    keys = ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="发送位置", request_location=True)]], resize_keyboard=True)

    async def deed(bot: Bot) -> None:
        assert (await bot.me()).username == "anlin_rehearsal_bot"
        await bot.set_my_commands([BotCommand(command="sos", description="一键求助")])
        await bot.send_chat_action(AN, "typing")
        sent = await bot.send_message(AN, "您在哪里？", reply_markup=keys, protect_content=True, reply_to_message_id=None)
        assert sent.has_protected_content
        edited = await bot.edit_message_text("您在哪栋楼？", chat_id=AN, message_id=sent.message_id)
        assert isinstance(edited, Message)
        assert edited.text == "您在哪栋楼？"

    done(simulator, deed)
    assert people.chat()["keyboard"]["keyboard"][0][0]["request_location"]


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ({"kind": "throttled", "seconds": 7}, TelegramRetryAfter),
        ({"kind": "blocked"}, TelegramForbiddenError),
        ({"kind": "deactivated"}, TelegramForbiddenError),
        ({"kind": "chat_not_found"}, TelegramBadRequest),
        ({"kind": "server_error"}, TelegramServerError),
        ({"kind": "bad_gateway"}, ClientDecodeError),
        ({"kind": "dropped"}, TelegramNetworkError),
    ],
)
def test_each_trouble_is_the_error_that_the_client_has_for_it(
    simulator: Simulator, people: People, trouble: dict[str, Any], error: type[Exception]
) -> None:
    people.send(text="在吗")
    people.goes_wrong(**trouble)

    with pytest.raises(error) as raised:
        done(simulator, lambda bot: bot.send_message(AN, "您好"))

    assert getattr(raised.value, "retry_after", 7) == 7


def test_a_slow_platform_is_a_network_error_and_the_text_is_there(simulator: Simulator, people: People) -> None:
    people.send(text="在吗")
    people.goes_wrong("timeout", seconds=1, count=1)

    with pytest.raises(TelegramNetworkError):
        done(simulator, lambda bot: bot.send_message(AN, "您好", request_timeout=0.2))  # type: ignore[arg-type]


def test_a_person_who_blocked_the_bot_is_forbidden(simulator: Simulator, people: People) -> None:
    people.send(text="在吗")
    people.post(f"accounts/{AN}/block")

    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        done(simulator, lambda bot: bot.send_message(AN, "您好"))


def test_an_upgraded_group_is_a_migration(simulator: Simulator, people: People) -> None:
    people.post("groups", id=-7, title="三号楼", members=[AN])
    grown = people.post("groups/-7/upgrade")["id"]

    with pytest.raises(TelegramMigrateToChat) as raised:
        done(simulator, lambda bot: bot.send_message(-7, "您好"))

    assert raised.value.migrate_to_chat_id == grown


def test_a_wrong_token_is_unauthorised(simulator: Simulator) -> None:
    with pytest.raises(TelegramUnauthorizedError):
        done(simulator, lambda bot: bot.get_me(), token="4242424242:another-token-of-thirty-five-charact")
