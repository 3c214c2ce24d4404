"""What to do first in an emergency: the number to call, then one or two plain sentences. It never says that rescue was called.

Numbers: 119 fire and rescue, 120 ambulance, 110 police, 12356 mental health line (National Health Commission, since 2025).
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.prompt import Say, _, say

ADVICE: Mapping[str, str] = {
    "fire": _("Call 119 now. Get out, stay low under the smoke, do not take the lift."),
    "gas": _("Leave the flat first, then call 119 from outside. Touch no switch, light no flame."),
    "lift": _("Call 119, or press the alarm bell in the lift. Do not force the door; crouch and wait."),
    "medical": _("Call 120 now. Do not move the person; stay with them."),
    "violence": _("Get to a safe place first, then call 110."),
    "self_harm": _("Please call 110, or 12356 to talk to somebody right now. You are not alone; we are staying with you."),
    "missing_person": _("Call 110 now; say when and where you last saw them."),
    "structure": _("Keep away from it and keep others away. In danger, call 119."),
    "falling_object": _("Keep away from it and keep others away. In danger, call 119."),
    "open_manhole": _("Stand clear and keep children away; put something that people see in front of it."),
    "rescue": _("Call 119 now, and stay where they can see or hear you."),
    "water": _("Stay out of water near sockets. In danger, call 119."),
    "power": _("Do not touch it; keep everybody away. In danger, call 119."),
}
ANY_DANGER = _("In danger, call 119 (fire, rescue), 120 (ambulance) or 110 (police) now.")


def advice(kind: str) -> Say:
    """The first sentences of an urgent reply."""
    return say(ADVICE.get(kind, ANY_DANGER))
