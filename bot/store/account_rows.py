"""The rows of the desk's door: accounts, recovery codes, invitations, sessions, known browsers and wrong tries."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from bot.store.columns import instant, sealed


class AccountRow(SQLModel, table=True):
    """How a member of staff proves who they are. `last_step` is the time step of the last code taken: a code works once."""

    __tablename__ = "desk_account"
    staff_id: int = Field(foreign_key="staff.id", primary_key=True)
    data_key_id: int = Field(foreign_key="data_key.id")
    password: str
    secret: bytes | None = Field(default=None, sa_column=sealed())
    last_step: int = 0
    fresh_codes: bytes | None = Field(default=None, sa_column=sealed())  # recovery codes until they were written down
    enrolled_at: datetime = Field(sa_column=instant(null=False))


class RecoveryRow(SQLModel, table=True):
    """A recovery code, by its keyed hash; each works once."""

    __tablename__ = "desk_recovery"
    code_hash: bytes = Field(primary_key=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)


class InvitationRow(SQLModel, table=True):
    """A link that makes an account, once and until `until`; the secret of the second factor is made with it."""

    __tablename__ = "desk_invitation"
    staff_id: int = Field(foreign_key="staff.id", primary_key=True)
    token_hash: bytes = Field(unique=True)
    data_key_id: int = Field(foreign_key="data_key.id")
    secret: bytes | None = Field(default=None, sa_column=sealed())
    until: datetime = Field(sa_column=instant(null=False))


class DeskSessionRow(SQLModel, table=True):
    """Somebody at the desk, known by the hash of a random token. `password` is half-way in, `full` is in."""

    __tablename__ = "desk_session"
    id: int | None = Field(default=None, primary_key=True)
    token_hash: bytes = Field(unique=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    role: str  # at sign-in: another role ends it
    stage: str  # password | full
    made_at: datetime = Field(sa_column=instant(null=False))
    seen_at: datetime = Field(sa_column=instant(null=False))
    ended_at: datetime | None = Field(default=None, sa_column=instant())
    ended_why: str = ""


class BrowserRow(SQLModel, table=True):
    """A browser from which this member of staff has signed in before; its wrong tries are counted apart from strangers'."""

    __tablename__ = "desk_browser"
    token_hash: bytes = Field(primary_key=True)
    staff_id: int = Field(foreign_key="staff.id", primary_key=True, index=True)
    made_at: datetime = Field(sa_column=instant(null=False))


class TriesRow(SQLModel, table=True):
    """How often in a row somebody was wrong at one name from one kind of browser, and until when nothing more is tried."""

    __tablename__ = "desk_tries"
    key_hash: bytes = Field(primary_key=True)
    wrong: int
    at: datetime = Field(sa_column=instant(null=False, index=True))
    locked_until: datetime | None = Field(default=None, sa_column=instant())
