"""What the platform refuses, with its own codes and HTTP statuses (twilio.com/docs/api/errors)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One kind of refusal; `sentence` may name a value in braces."""

    code: int
    status: int
    sentence: str


UNAUTHORISED = Refusal(20003, 401, "Authentication failed: check the account and its token.")
NOT_FOUND = Refusal(20404, 404, "The requested resource {value} was not found.")
NOT_ALLOWED = Refusal(20004, 405, "This method is not allowed here.")
THROTTLED = Refusal(20429, 429, "Too many requests: wait before you ask again.")
SERVER_ERROR = Refusal(20500, 500, "An internal error occurred on the platform.")
BAD_PARAMETER = Refusal(20001, 400, "The parameter {value} cannot be changed so.")
CALL_TO_MISSING = Refusal(21201, 400, "A 'To' number is required.")
CALL_URL_INVALID = Refusal(21205, 400, "The 'Url' {value} is not an address that this carrier can reach.")
CALL_FROM_NOT_OURS = Refusal(21210, 400, "The 'From' number {value} does not belong to this account.")
TO_INVALID = Refusal(21211, 400, "The 'To' number {value} is not a valid phone number.")
TO_IS_FROM = Refusal(21266, 400, "The 'To' and 'From' numbers cannot be the same.")
BODY_MISSING = Refusal(21602, 400, "A text needs a body or a picture.")
FROM_MISSING = Refusal(21603, 400, "A 'From' number or a messaging account is required.")
TO_MISSING = Refusal(21604, 400, "A 'To' number is required.")
FROM_NOT_OURS = Refusal(21606, 400, "The 'From' number {value} does not belong to this account.")
CALL_FROM_MISSING = Refusal(21213, 400, "A 'From' number is required.")
# No call leaves for +86 since 2023-11-30; the code is that of the platform's own notes on it (support.twilio.com 360016488474,
# 17023450335131).
CALL_NOT_PERMITTED = Refusal(21215, 400, "This account may not call {value}: the country is not permitted.")
CALL_NOT_IN_PROGRESS = Refusal(21220, 400, "The call is not in progress, and cannot be changed.")
CALLBACK_INVALID = Refusal(21609, 400, "The 'StatusCallback' {value} is not an address that this carrier can reach.")
STOPPED = Refusal(21610, 400, "The recipient has opted out of texts from this sender.")
LANDLINE = Refusal(21614, 400, "The 'To' number {value} is not a mobile number.")
BODY_TOO_LONG = Refusal(21617, 400, "The body exceeds the limit of 1600 characters.")
MEDIA_INVALID = Refusal(21620, 400, "The picture address {value} is not valid.")
VALIDITY_INVALID = Refusal(21624, 400, "ValidityPeriod must be a whole number of seconds from 1 to 36000.")
POOL_UNKNOWN = Refusal(21701, 400, "The messaging account {value} does not exist.")
NOT_CANCELABLE = Refusal(30409, 400, "Only a scheduled text can be cancelled; this one has left.")


class RefusedError(Exception):
    """The platform refuses what the service asked for."""

    def __init__(self, refusal: Refusal, value: str = "") -> None:
        """Keep the refusal and the value that it is about."""
        super().__init__(refusal.sentence.format(value=value))
        self.refusal = refusal
