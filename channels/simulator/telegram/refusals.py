"""What the messenger refuses, in the platform's own words (core.telegram.org/bots/api#making-requests)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refusal:
    """One kind of refusal: the code is also the HTTP status."""

    code: int
    description: str
    parameters: Mapping[str, int] = field(default_factory=dict)


UNAUTHORISED = Refusal(401, "Unauthorized")
NOT_FOUND = Refusal(404, "Not Found")
METHOD_UNKNOWN = Refusal(404, "Not Found: method not found")
TOO_LARGE = Refusal(413, "Request Entity Too Large")
SERVER_ERROR = Refusal(500, "Internal Server Error")

BLOCKED = Refusal(403, "Forbidden: bot was blocked by the user")
DEACTIVATED = Refusal(403, "Forbidden: user is deactivated")
LEFT_GROUP = Refusal(403, "Forbidden: bot is not a member of the group chat")
LEFT_SUPERGROUP = Refusal(403, "Forbidden: bot is not a member of the supergroup chat")

WEBHOOK_ACTIVE = Refusal(
    409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLL = Refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
POLL_ENDED_BY_WEBHOOK = Refusal(409, "Conflict: terminated by setWebhook request")


def bad_request(words: str) -> Refusal:
    """A 400 with the platform's sentence."""
    return Refusal(400, f"Bad Request: {words}")


JSON_BROKEN = bad_request("can't parse JSON object")
NOT_UTF8 = bad_request("strings must be encoded in UTF-8")
CHAT_ID_EMPTY = bad_request("chat_id is empty")
CHAT_NOT_FOUND = bad_request("chat not found")
LEAVE_PRIVATE = bad_request("chat member status can't be changed in private chats")
TEXT_EMPTY = bad_request("message text is empty")
TEXT_TOO_LONG = bad_request("message is too long")
CAPTION_TOO_LONG = bad_request("message caption is too long")
PARSE_MODE = bad_request("unsupported parse_mode")
REPLIED_NOT_FOUND = bad_request("message to be replied not found")
EDITED_NOT_FOUND = bad_request("message to edit not found")
NOT_EDITABLE = bad_request("message can't be edited")
NO_TEXT_TO_EDIT = bad_request("there is no text in the message to edit")
NOT_MODIFIED = bad_request(
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
QUERY_TOO_OLD = bad_request("query is too old and response timeout expired or query ID is invalid")
QUERY_TEXT_TOO_LONG = bad_request("MESSAGE_TOO_LONG")
ACTION_WRONG = bad_request("wrong parameter action in request")
COMMANDS_BROKEN = bad_request("can't parse commands JSON object")
COMMAND_WRONG = bad_request("BOT_COMMAND_INVALID")
COMMAND_TEXT_WRONG = bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
FILE_TOO_BIG = bad_request("file is too big")
FILE_UNKNOWN = bad_request("wrong file_id or the file is temporarily unavailable")
FILE_EMPTY = bad_request("file must be non-empty")
URL_NOT_FETCHED = bad_request("failed to get HTTP URL content")

MARKUP_BROKEN = bad_request("can't parse reply keyboard markup JSON object")
MARKUP_NOT_OBJECT = bad_request("object expected as reply markup")
MARKUP_TOO_LONG = bad_request("reply markup is too long")
BUTTON_DATA = bad_request("BUTTON_DATA_INVALID")
BUTTON_URL = bad_request("BUTTON_URL_INVALID")
BUTTON_TEXT = bad_request('can\'t parse inline keyboard button: field "text" must be a non-empty string')
BUTTON_WITHOUT_DEED = bad_request("can't parse inline keyboard button: text buttons are unallowed in the inline keyboard")
KEY_TEXT = bad_request('can\'t parse keyboard button: field "text" must be a non-empty string')
CONTACT_IN_GROUP = bad_request("phone number can be requested in private chats only")
LOCATION_IN_GROUP = bad_request("location can be requested in private chats only")

HOOK_NOT_HTTPS = bad_request("bad webhook: an HTTPS URL must be provided for webhook")
HOOK_UNREACHED = bad_request("bad webhook: failed to resolve host: Name or service not known")
SECRET_TOO_LONG = bad_request("secret token is too long")
SECRET_CHARACTERS = bad_request("secret token contains unallowed characters")


def throttled(seconds: int) -> Refusal:
    """A 429 that says when to come back."""
    return Refusal(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def migrated(chat_id: int) -> Refusal:
    """The group lives on under another id."""
    return Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": chat_id})


class RefusedError(Exception):
    """The messenger refuses what the bot asked for."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep the refusal."""
        super().__init__(refusal.description)
        self.refusal = refusal
