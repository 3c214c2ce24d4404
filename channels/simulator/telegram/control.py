"""The control API of the messenger, JSON on loopback: what tests and the page do with accounts, groups and troubles."""

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from channels.simulator.asking import AskedWronglyError, asked_fields, control_blueprint, number_in
from channels.simulator.telegram import inbound, views
from channels.simulator.telegram.accounts import Account, Group, account_from
from channels.simulator.telegram.faults import fault_from
from channels.simulator.telegram.hub import Hub
from channels.simulator.telegram.inbound import CannotError, Place
from channels.simulator.telegram.posts import Post
from channels.simulator.telegram.sending import clean, draft_from

SETTLE_SECONDS = 10.0


def messenger_control(hub: Hub) -> Blueprint:
    """The blueprint of `/control/accounts`, `/control/groups` and `/control/messenger`."""
    api = control_blueprint("messenger_control")

    @api.errorhandler(CannotError)
    def cannot(error: CannotError) -> ResponseReturnValue:
        return jsonify(error=str(error)), 409

    @api.errorhandler(ValueError)
    def senseless(error: ValueError) -> ResponseReturnValue:
        return jsonify(error=str(error)), 400

    _add_account_routes(api, hub)
    _add_deed_routes(api, hub)
    _add_group_routes(api, hub)
    _add_trouble_routes(api, hub)
    return api


def _add_account_routes(api: Blueprint, hub: Hub) -> None:
    @api.get("/accounts")
    def accounts() -> ResponseReturnValue:
        return jsonify(views.everybody(hub))

    @api.post("/accounts")
    def connect() -> ResponseReturnValue:
        account = account_from(asked_fields())
        with hub.held() as messenger:
            messenger.connect(account)
            return jsonify(views.account(messenger, account)), 201

    @api.get("/accounts/<int(signed=True):chat_id>/messages")
    def talk(chat_id: int) -> ResponseReturnValue:
        after, changed_after = (request.args.get(name, 0, type=int) for name in ("after", "changed_after"))
        _check_chat(hub, chat_id)
        return jsonify(views.talk(hub, chat_id, after=after, changed_after=changed_after))

    @api.get("/accounts/<int(signed=True):chat_id>/files/<file_id>")
    def file(chat_id: int, file_id: str) -> ResponseReturnValue:
        with hub.held() as messenger:
            found = messenger.file(file_id)
        if found is None:
            raise AskedWronglyError("There is no such file.", 404)
        return Response(found.content, content_type=found.content_type)


def _add_deed_routes(api: Blueprint, hub: Hub) -> None:
    @api.post("/accounts/<int:account_id>/send")
    def send(account_id: int) -> ResponseReturnValue:
        return jsonify(_sent(_send(hub, account_id))), 201

    @api.post("/accounts/<int:account_id>/press")
    def press(account_id: int) -> ResponseReturnValue:
        asked = asked_fields()
        post_id, is_unseen = _id_in(asked.get("message_id")), asked.get("inaccessible") is True
        place = Place(account_id, _chat_in(asked.get("chat_id"), account_id))
        return jsonify(inbound.press(hub, place, post_id, data=clean(asked.get("data")), is_unseen=is_unseen)), 201

    @api.post("/accounts/<int:account_id>/start")
    def start(account_id: int) -> ResponseReturnValue:
        return jsonify(_sent(inbound.start(hub, account_id, clean(asked_fields().get("payload"))))), 201

    @api.post("/accounts/<int:account_id>/block")
    def block(account_id: int) -> ResponseReturnValue:
        return jsonify(update_id=inbound.block(hub, account_id)), 201

    @api.post("/accounts/<int:account_id>/unblock")
    def unblock(account_id: int) -> ResponseReturnValue:
        return jsonify(update_id=inbound.unblock(hub, account_id)), 201


def _add_group_routes(api: Blueprint, hub: Hub) -> None:
    @api.post("/groups")
    def form() -> ResponseReturnValue:
        asked = asked_fields()
        members = asked.get("members")
        if not isinstance(members, list) or not members or not all(isinstance(one, int) for one in members):
            raise AskedWronglyError("members is a list of account ids; the first of them puts the bot into the group.")
        group = Group(_id_in(asked.get("id")), clean(asked.get("title")) or "Group", tuple(members))
        if group.id >= 0:
            raise AskedWronglyError("The id of a group is below 0.")
        return jsonify(views.group(group) | {"update_id": inbound.add_to_group(hub, members[0], group)}), 201

    @api.post("/groups/<int(signed=True):group_id>/upgrade")
    def upgrade(group_id: int) -> ResponseReturnValue:
        return jsonify(views.group(inbound.upgrade(hub, group_id))), 201


def _add_trouble_routes(api: Blueprint, hub: Hub) -> None:
    @api.get("/messenger")
    def state() -> ResponseReturnValue:
        return jsonify(views.state(hub))

    @api.post("/messenger/faults")
    def add() -> ResponseReturnValue:
        hub.add_fault(fault_from(asked_fields()))
        return jsonify(views.state(hub)), 201

    @api.delete("/messenger/faults")
    def clear() -> ResponseReturnValue:
        hub.clear_faults()
        return jsonify(views.state(hub))

    @api.post("/messenger/updates")
    def publish() -> ResponseReturnValue:
        asked = asked_fields()
        kind, body = asked.get("kind"), asked.get("body")
        if not isinstance(kind, str) or not isinstance(body, dict):
            raise AskedWronglyError("Send the kind of an update and its body, an object.")
        return jsonify(update_id=hub.publish(kind, body)), 201

    @api.post("/messenger/settle")
    def settle() -> ResponseReturnValue:
        is_settled = hub.settle(number_in(asked_fields().get("timeout"), SETTLE_SECONDS))
        return jsonify(settled=is_settled), 200 if is_settled else 504


def _send(hub: Hub, account_id: int) -> tuple[Post, ...]:
    asked = asked_fields()
    account = _account(hub, account_id)
    place = Place(account_id, _chat_in(asked.get("chat_id"), account_id))
    if "edit" not in asked:
        return inbound.say(hub, place, draft_from(asked, account))
    given = asked["edit"]
    if not isinstance(given, dict) or not clean(given.get("text")).strip():
        raise AskedWronglyError("edit is an object with message_id and text.")
    return (inbound.edit(hub, place, _id_in(given.get("message_id")), text=clean(given["text"]).strip()),)


def _sent(posts: tuple[Post, ...]) -> dict[str, object]:
    last = posts[-1]
    return {
        "message_id": last.id,
        "update_id": last.update_id,
        "message_ids": [post.id for post in posts],
        "update_ids": [post.update_id for post in posts],
    }


def _account(hub: Hub, account_id: int) -> Account:
    with hub.held() as messenger:
        account = messenger.account(account_id)
    if account is None:
        raise AskedWronglyError(f"There is no account {account_id}.", 404)
    return account


def _check_chat(hub: Hub, chat_id: int) -> None:
    with hub.held() as messenger:
        if messenger.account(chat_id) is None and messenger.group(chat_id) is None:
            raise AskedWronglyError(f"There is no chat {chat_id}.", 404)


def _chat_in(value: object, default: int) -> int:
    return default if value is None else _id_in(value)


def _id_in(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise AskedWronglyError("An id is a whole number.")
    return value
