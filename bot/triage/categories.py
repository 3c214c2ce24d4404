"""What a case can be about: one table for routing, reports and the board. A code once stored in a case is never renamed or taken away."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.prompt import _


@dataclass(frozen=True, slots=True)
class Category:
    """`unit` answers for it where the estate's record names nobody else; `hours` is our own limit for sending it out, by the clock.

    The hours are a local setting and no norm: the standard gives urgent cases 24 hours and the others working days.
    """

    code: str
    name: str
    unit: str
    hours: int | None = None


URGENT_HOURS = 1  # life or property in danger (DB11/T 2021-2022 sends these out within an hour)
SUPPLY_HOURS = 2  # water, power, gas, heat (the same)
SAME_DAY = 8  # not urgent by class, and not to be left overnight

_FIRE, _PROPERTY, _COMMUNITY = _("fire brigade and property management"), _("property management"), _("community committee")

CATEGORIES: Mapping[str, Category] = {
    category.code: category
    for category in (
        Category("fire", _("fire"), _FIRE, URGENT_HOURS),
        Category("gas", _("gas"), _("gas company"), SUPPLY_HOURS),
        Category("lift", _("lift"), _("lift maintenance"), URGENT_HOURS),
        Category("water", _("water and drains"), _("water company and property management"), SUPPLY_HOURS),
        Category("power", _("electricity"), _("power company and property management"), SUPPLY_HOURS),
        Category("heating", _("heating"), _("heating company"), SUPPLY_HOURS),
        Category("structure", _("walls and roofs"), _("housing office"), URGENT_HOURS),
        Category("medical", _("illness and injury"), _("ambulance and community clinic"), URGENT_HOURS),
        Category("violence", _("violence"), _("police station"), URGENT_HOURS),
        Category("missing_person", _("missing person"), _("police station and community committee"), URGENT_HOURS),
        Category("fire_lane", _("blocked fire lane"), _FIRE, SAME_DAY),
        Category("stairwell_charging", _("charging in a stairwell"), _FIRE, SAME_DAY),
        Category("loose_facade", _("loose part of a facade"), _("property management and housing office"), SAME_DAY),
        Category("electric_bike", _("electric bikes"), _PROPERTY),
        Category("environment", _("cleanliness and noise"), _("urban management")),
        Category("property", _("property management"), _PROPERTY),
        Category("parking", _("parking"), _PROPERTY),
        Category("suggestion", _("suggestion"), _COMMUNITY),
        Category("other", _("something else"), _COMMUNITY),
    )
}


def category_of(code: str) -> Category:
    """The category of this code; one that nobody knows any more counts as other."""
    return CATEGORIES.get(code, CATEGORIES["other"])
