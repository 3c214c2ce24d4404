"""What residents hear for the roles of staff."""

from __future__ import annotations

from bot.prompt import Phrase, _, phrase

TITLES = {
    "grid_worker": _("grid worker"),
    "grid_leader": _("grid leader"),
    "community_duty": _("duty officer"),
    "street": _("street duty officer"),
    "administrator": _("administrator"),
}


def signed(role: str, handle: str) -> Phrase:
    """A member of staff, for their colleagues: the role, and the name they sign with."""
    return phrase(_("{role} {handle}"), role=title(role), handle=handle)


def title(role: str) -> Phrase:
    """The role as a resident hears it."""
    return phrase(TITLES.get(role, TITLES["community_duty"]))
