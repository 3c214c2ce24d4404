"""The sentences of the door that are chosen in code; the others stand in the templates."""

from __future__ import annotations

from bot.prompt import Phrase, _

NOT_PRIVATE = Phrase(_("The desk is opened over https, or on this machine itself. Over this connection others could read along."))
DOWN = Phrase(_("The database does not answer right now. Nothing you wrote was kept. Try again in a minute."))
STALE = Phrase(_("This page is from before you signed in. Go back, copy what you wrote, load the page again and send it once more."))
SIGNED_OUT = Phrase(_("You were signed out meanwhile, so nothing was kept. Go back, copy what you wrote, sign in and send it once more."))
NOT_YOURS = Phrase(_("This page is not for your role. If you need it, ask an administrator."))
NOT_THERE = Phrase(_("There is no such page."))
NOT_TAKEN = Phrase(_("That could not be taken."))
BROKEN = Phrase(_("Something of ours broke. It is written down; please try again."))

WRONG = Phrase(
    _("Name, password or code are not right. After five wrong tries nothing works for a quarter of an hour, and then for longer.")
)
BUSY = Phrase(_("Too many people are trying to sign in at this moment. Try again in a minute."))
INVITATION_OVER = Phrase(_("This invitation is not valid any more: it works once, for two days. Ask an administrator for a new one."))
TOO_SHORT = Phrase(_("The password needs at least ten letters or figures."))
TOO_OBVIOUS = Phrase(
    _("This password is among the first that a stranger would try. Think of a few words that have nothing to do with you.")
)
PASSWORD_WRONG = Phrase(_("That is not your password."))
NOT_TWICE = Phrase(_("The two passwords are not the same."))
CODE_WRONG = Phrase(_("The code is not right, or has run out. Enter the six figures that your authenticator shows now."))

ROLES = {
    "grid_worker": Phrase(_("Grid worker")),
    "grid_leader": Phrase(_("Grid leader")),
    "community_duty": Phrase(_("Community duty")),
    "street": Phrase(_("Street office")),
    "administrator": Phrase(_("Administrator")),
}
