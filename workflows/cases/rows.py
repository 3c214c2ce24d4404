"""The row of a case."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from bot.store.columns import instant, sealed


class CaseRow(SQLModel, table=True):
    """A case: what a resident reported, what was promised, and how far it has come. Its incident has a data key of its own."""

    __tablename__ = "case_record"
    id: int | None = Field(default=None, primary_key=True)
    number: str | None = Field(default=None, unique=True)
    data_key_id: int = Field(foreign_key="data_key.id")
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    household_id: int | None = Field(default=None, foreign_key="household.id", index=True)
    channel: str
    address_id: int | None = Field(default=None, foreign_key="address.id")
    label: str
    category: str
    confidence: float = 0.0
    words: bytes | None = Field(default=None, sa_column=sealed())
    reasons: bytes | None = Field(default=None, sa_column=sealed())
    estate_id: int | None = Field(default=None, foreign_key="estate.id")
    building_id: int | None = Field(default=None, foreign_key="building.id", index=True)
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    floor: int | None = None
    room: str = ""
    place: bytes | None = Field(default=None, sa_column=sealed())
    hurt: str = ""
    state: str = Field(default="open", index=True)
    needs_person: str = ""  # why a person must look at it; empty when nothing waits
    received_at: datetime = Field(sa_column=instant(null=False))
    due_at: datetime = Field(sa_column=instant(null=False, index=True))
    provisional: bool = False
    first_responded_at: datetime | None = Field(default=None, sa_column=instant())
    accepted_by: int | None = Field(default=None, foreign_key="staff.id")
    accepted_at: datetime | None = Field(default=None, sa_column=instant())
    ladder: str | None = None
    ladder_level: int = 0
    ladder_next_at: datetime | None = Field(default=None, sa_column=instant())
    resolved_at: datetime | None = Field(default=None, sa_column=instant())
    resolution: bytes | None = Field(default=None, sa_column=sealed())
    offline: str = ""  # how the result was told beside the channel
    offline_why: bytes | None = Field(default=None, sa_column=sealed())  # or why it was not
    verdict: str = ""  # the resident's word
    satisfaction: str = ""
    closed_at: datetime | None = Field(default=None, sa_column=instant())
    ended_why: str = ""  # agreed, silence, unreachable, cancelled
    arrived_at: datetime | None = Field(default=None, sa_column=instant())
    met_at: datetime | None = Field(default=None, sa_column=instant())
    breached_at: datetime | None = Field(default=None, sa_column=instant())
    waiting_since: datetime | None = Field(default=None, sa_column=instant())
    paused_days: int = 0
    reopened: int = 0
    reopened_at: datetime | None = Field(default=None, sa_column=instant())
    version: int = 0
