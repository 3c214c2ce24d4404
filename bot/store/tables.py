"""The rows, declared once.

Clear columns hold built places, ids, states, times, class and category; every column made by `sealed()` holds bytes that only
`bot.store.sealed` can read. Instants are aware UTC outside and integer microseconds in the database.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.columns import instant, sealed


class Meta(SQLModel, table=True):
    """Facts about this installation, one a key."""

    key: str = Field(primary_key=True)
    value: str


class Lease(SQLModel, table=True):
    """What may run once at a time, and who holds it until when."""

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_column=instant(null=False))


class DataKey(SQLModel, table=True):
    """The key of one person or one incident, itself sealed by the key file. Destroying it erases all it sealed."""

    __tablename__ = "data_key"
    id: int | None = Field(default=None, primary_key=True)
    key_id: str
    sealed: bytes | None = Field(default=None, sa_column=sealed())
    made_at: datetime = Field(sa_column=instant(null=False))
    destroyed_at: datetime | None = Field(default=None, sa_column=instant())


class Estate(SQLModel, table=True):
    """An estate as the register of old estates describes it (code, not name, identifies it)."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    aliases: str = "[]"
    district: str = ""
    kind: str = "residential"
    built: str = ""
    structure: str = ""
    renovated: str = ""
    plan_year: str = ""
    plan_year_by_kind: str = ""  # the register prints the year twice, and the two lists do not always agree
    plan_kind: str = ""
    household_count: int = 0
    building_count: int = 0
    area_m2: int = 0
    gas_repair_phone: str = ""
    lift_rescue_phone: str = ""
    regeneration_completed_on: str = ""


class Grid(SQLModel, table=True):
    """The neighbourhood unit that one grid worker looks after; every building is in exactly one."""

    id: int | None = Field(default=None, primary_key=True)
    estate_id: int = Field(foreign_key="estate.id", index=True)
    name: str


class Building(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    estate_id: int = Field(foreign_key="estate.id", index=True)
    grid_id: int | None = Field(default=None, foreign_key="grid.id", index=True)
    name: str
    aliases: str = "[]"
    latitude: float | None = None
    longitude: float | None = None


class Unit(SQLModel, table=True):
    """A stair of a building (单元)."""

    id: int | None = Field(default=None, primary_key=True)
    building_id: int = Field(foreign_key="building.id", index=True)
    name: str


class Household(SQLModel, table=True):
    """One home; `data_key_id` is there once something is kept for the household as a whole (a shared phone)."""

    id: int | None = Field(default=None, primary_key=True)
    building_id: int = Field(foreign_key="building.id", index=True)
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    floor: int | None = None
    room: str = ""
    data_key_id: int | None = Field(default=None, foreign_key="data_key.id")
    language: str | None = None  # of a phone the household shares


class Person(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    data_key_id: int = Field(foreign_key="data_key.id")
    household_id: int | None = Field(default=None, foreign_key="household.id", index=True)
    name: bytes | None = Field(default=None, sa_column=sealed())
    language: str | None = None
    made_at: datetime = Field(sa_column=instant(null=False))


class AddressRow(SQLModel, table=True):
    """Where a person, or a household that shares a phone, is reached. Found by a keyed hash; tried by `preference`, lowest first."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("channel", "value_hash"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    household_id: int | None = Field(default=None, foreign_key="household.id", index=True)
    data_key_id: int = Field(foreign_key="data_key.id")
    channel: str
    value_hash: bytes
    value: bytes | None = Field(default=None, sa_column=sealed())
    preference: int = 0
    verified_at: datetime | None = Field(default=None, sa_column=instant())
    stopped: str = ""  # purposes the person stopped here, separated by blanks; "*" when the carrier stops everything
    gone_at: datetime | None = Field(default=None, sa_column=instant())
    gone_why: str = ""


class Consent(SQLModel, table=True):
    """What a person agreed to: kind, the wording they saw, where and when (PIPL art. 14, 17, 29)."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    kind: str
    wording: str
    channel: str
    given_at: datetime = Field(sa_column=instant(null=False))
    withdrawn_at: datetime | None = Field(default=None, sa_column=instant())


class Need(SQLModel, table=True):
    """What rescuers and neighbours should know: lives_alone, cannot_walk, hears_badly, powered_device."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    kind: str
    note: bytes | None = Field(default=None, sa_column=sealed())


class Pairing(SQLModel, table=True):
    """Who helps whom: the helper, then the substitutes in order."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    helper_id: int = Field(foreign_key="person.id", index=True)
    preference: int = 0


class Staff(SQLModel, table=True):
    """A person who works here: `handle` is what they sign with, `role` one of `bot.store.people.ROLES`."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", unique=True)
    handle: str = Field(unique=True)
    role: str = Field(index=True)
    is_active: bool = True


class StaffGrid(SQLModel, table=True):
    __tablename__ = "staff_grid"
    staff_id: int = Field(foreign_key="staff.id", primary_key=True)
    grid_id: int = Field(foreign_key="grid.id", primary_key=True)


class Duty(SQLModel, table=True):
    """One stretch of duty. Who has none is on duty always; who has some, only then."""

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    starts_at: datetime = Field(sa_column=instant(null=False))
    ends_at: datetime = Field(sa_column=instant(null=False))


class InboundRow(SQLModel, table=True):
    """Everything a platform gave us and we acknowledged; `parked` ones wait for a person."""

    __tablename__ = "inbound"
    __table_args__ = (UniqueConstraint("channel", "external_id"), Index("inbound_flood", "address_id", "at"))
    id: int | None = Field(default=None, primary_key=True)
    channel: str
    external_id: str
    address_id: int | None = Field(default=None, foreign_key="address.id")
    data_key_id: int | None = Field(default=None, foreign_key="data_key.id")
    at: datetime = Field(sa_column=instant(null=False))
    body: bytes | None = Field(default=None, sa_column=sealed())
    state: str = Field(default="taken", index=True)  # taken | parked | retried
    taken_as: str = ""
    why: str = ""


class SessionRow(SQLModel, table=True):
    """One talk with one owner; its journal is sealed under the owner's key."""

    __tablename__ = "session"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    household_id: int | None = Field(default=None, foreign_key="household.id")
    data_key_id: int = Field(foreign_key="data_key.id")
    flow: str
    journal: bytes | None = Field(default=None, sa_column=sealed())
    subject: str = ""
    state: str = "open"  # open | ended
    ended_why: str = ""
    at: datetime = Field(sa_column=instant(null=False))
    version: int = 0


class PromptRow(SQLModel, table=True):
    """A question's words and choices as shown, kept once and never changed."""

    __tablename__ = "prompt"
    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    body: str


class QuestionRow(SQLModel, table=True):
    """An open question put to an owner, with or without a session; the first answer makes the session (`flow`, `args`)."""

    __tablename__ = "question"
    __table_args__ = (Index("question_expiry", "expires_at"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    household_id: int | None = Field(default=None, foreign_key="household.id", index=True)
    address_id: int | None = Field(default=None, foreign_key="address.id")
    session_id: int | None = Field(default=None, foreign_key="session.id")
    flow: str
    args: str = "{}"
    name: str
    prompt_id: int = Field(foreign_key="prompt.id")
    subject: str = Field(default="", index=True)
    lane: int = 3
    put_at: datetime = Field(sa_column=instant(null=False))
    first_sent_at: datetime | None = Field(default=None, sa_column=instant())
    unanswered_since: datetime | None = Field(default=None, sa_column=instant())
    expires_at: datetime | None = Field(default=None, sa_column=instant())
    tries: int = 0
    closed_at: datetime | None = Field(default=None, sa_column=instant())
    closed_why: str = ""


class DeliveryRow(SQLModel, table=True):
    """One outbound to one address. What it says is made at each attempt from `body` (sealed) or the prompt, and kept as sent."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_due", "state", "channel", "lane", "id"),
        Index("delivery_flight", "address_id", "lane", "state"),
        Index("delivery_external", "channel", "external_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    channel: str
    address_id: int = Field(foreign_key="address.id")
    data_key_id: int | None = Field(default=None, foreign_key="data_key.id")
    question_id: int | None = Field(default=None, foreign_key="question.id")
    inbound_id: int | None = Field(default=None, foreign_key="inbound.id", index=True)
    subject: str = ""
    lane: int = 3
    purpose: str = "reply"
    body: bytes | None = Field(default=None, sa_column=sealed())
    as_sent: bytes | None = Field(default=None, sa_column=sealed())
    state: str = "queued"
    made_at: datetime = Field(sa_column=instant(null=False))
    next_at: datetime = Field(sa_column=instant(null=False))
    valid_until: datetime | None = Field(default=None, sa_column=instant())
    give_up_at: datetime = Field(sa_column=instant(null=False))
    tries: int = 0
    claimed_by: str = ""
    lease_until: datetime | None = Field(default=None, sa_column=instant())
    external_id: str | None = None
    sent_at: datetime | None = Field(default=None, sa_column=instant())
    settled_at: datetime | None = Field(default=None, sa_column=instant())
    error: str = ""
    error_code: str = ""
    then: str | None = None  # a command, due when the delivery has ended for good
    replaces_id: int | None = Field(default=None, foreign_key="delivery.id")


class Rate(SQLModel, table=True):
    """How fast a channel may send: `free_at` is when everything claimed so far has been paid for."""

    channel: str = Field(primary_key=True)
    free_at: datetime = Field(sa_column=instant(null=False))


class ReceiptRow(SQLModel, table=True):
    """Every different thing a platform said of a delivery, once per (channel, external_id, status)."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("channel", "external_id", "status"),)
    id: int | None = Field(default=None, primary_key=True)
    channel: str
    external_id: str
    status: str
    state: str  # what the status means for a delivery
    error: str = ""
    code: str = ""
    delivery_id: int | None = Field(default=None, foreign_key="delivery.id", index=True)
    at: datetime = Field(sa_column=instant(null=False))
    times: int = 1


class TimerRow(SQLModel, table=True):
    """A command that falls due, tagged with the subject and step it belongs to."""

    __tablename__ = "timer"
    __table_args__ = (Index("timer_due", "due_at"), Index("timer_subject", "subject"))
    id: int | None = Field(default=None, primary_key=True)
    due_at: datetime = Field(sa_column=instant(null=False))
    subject: str
    step: str = ""
    command: str
    tries: int = 0


class TimelineRow(SQLModel, table=True):
    """One entry of an append-only timeline; each entry's hash covers the one before it and what is stored."""

    __tablename__ = "timeline"
    __table_args__ = (UniqueConstraint("subject", "sequence"),)
    id: int | None = Field(default=None, primary_key=True)
    subject: str
    sequence: int
    at: datetime = Field(sa_column=instant(null=False))
    actor: str
    channel: str = ""
    kind: str
    data_key_id: int | None = Field(default=None, foreign_key="data_key.id")
    body: bytes | None = Field(default=None, sa_column=sealed())
    chain: bytes


class AttachmentRow(SQLModel, table=True):
    """A photo, recording or document somebody sent: first only a reference, then a sealed file, or why not."""

    __tablename__ = "attachment"
    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(index=True)
    inbound_id: int | None = Field(default=None, foreign_key="inbound.id")
    channel: str
    data_key_id: int = Field(foreign_key="data_key.id")
    source: bytes | None = Field(default=None, sa_column=sealed())
    state: str = "wanted"  # wanted | kept | refused | gone
    content_type: str = ""
    size: int = 0
    file: str = ""
    why: str = ""
    next_at: datetime = Field(sa_column=instant(null=False, index=True))
    tries: int = 0


class ReadLog(SQLModel, table=True):
    """Who read something sealed, of what, and why."""

    __tablename__ = "read_log"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=instant(null=False))
    reader: str
    subject: str
    why: str
