"""The rows of what waits for somebody's word: a code that joins two addresses, and a parent whom their child registers."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from bot.store.columns import instant, sealed


class CodeRow(SQLModel, table=True):
    """A code that was sent to one address, to be said on another; only its keyed hash is kept."""

    __tablename__ = "join_code"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)  # who is to say it
    address_id: int = Field(foreign_key="address.id", index=True)  # where it was sent
    code_hash: bytes
    made_at: datetime = Field(sa_column=instant(null=False))
    tries: int = 0
    closed_at: datetime | None = Field(default=None, sa_column=instant())


class InvitationRow(SQLModel, table=True):
    """What a child has said of a parent, until the parent says yes; sealed under the parent's own key, and used for nothing meanwhile."""

    __tablename__ = "invitation"
    id: int | None = Field(default=None, primary_key=True)
    inviter_id: int = Field(foreign_key="person.id", index=True)
    invitee_id: int = Field(foreign_key="person.id", index=True)
    data_key_id: int = Field(foreign_key="data_key.id")
    body: bytes | None = Field(default=None, sa_column=sealed())
    made_at: datetime = Field(sa_column=instant(null=False))
