"""What to do first in an emergency: the number to call, then one or two plain sentences. It never says that rescue was called.

Every kind that triage can name has its sentence here, with the number in it.

Numbers: 119 fire and rescue, 120 ambulance, 110 police (12110 by text), 12356 mental health line (National Health Commission, since 2025).
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.prompt import Say, _, say

ADVICE: Mapping[str, str] = {
    "fire": _("Call 119 now. Get out, stay low under the smoke, do not take the lift."),
    "gas": _("Leave the flat first, then call 119 from outside. Touch no switch, light no flame."),
    "lift": _("Call 119, or press the alarm bell in the lift. Do not force the door; crouch and wait."),
    "medical": _("Call 120 now. Do not move the person; stay with them."),
    "violence": _("Call 110 as soon as you are somewhere safe. If you cannot speak, text 12110."),
    "self_harm": _("Please call 110, or 12356 to talk to somebody right now. You are not alone; we are staying with you."),
    "missing_person": _("Call 110 now; say when and where you last saw them."),
    "structure": _("Call 119 if anybody is hurt or shut in. Get out, keep away, and do not go back for things."),
    "falling_object": _("Call 119 if anybody is hurt. Keep away from it and keep others away."),
    "open_manhole": _("Call 119 if somebody has fallen in. Stand clear, and put something that people see in front of it."),
    "rescue": _("Call 119 now, and stay where they can see or hear you."),
    "water": _("In danger, call 119. Stay out of water near sockets, and go up rather than through it."),
    "power": _("In danger, call 119. Do not touch it, nor anybody it has caught; keep everybody away."),
}
ANY_DANGER = _("In danger, call 119 (fire, rescue), 120 (ambulance) or 110 (police) now.")


def advice(kind: str) -> Say:
    """The first sentences of an urgent reply."""
    return say(ADVICE.get(kind, ANY_DANGER))
