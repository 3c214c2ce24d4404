"""The desk's door: accounts, recovery codes, invitations, sessions, known browsers and wrong tries."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_account",
        _staff(primary_key=True),
        _key(),
        sa.Column("password", sa.String, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("last_step", sa.Integer, nullable=False),
        sa.Column("fresh_codes", sa.LargeBinary),
        sa.Column("enrolled_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "desk_recovery",
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
        _staff(index=True),
    )
    op.create_table(
        "desk_invitation",
        _staff(primary_key=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        _key(),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    _sessions()
    op.create_table(
        "desk_tries",
        sa.Column("key_hash", sa.LargeBinary, primary_key=True),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("locked_until", sa.BigInteger),
    )


def _sessions() -> None:
    op.create_table(
        "desk_session",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        _staff(index=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_why", sa.String, nullable=False),
    )
    op.create_table(
        "desk_browser",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        _staff(primary_key=True, index=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )


def _staff(**more: Any) -> sa.Column[int]:
    return sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff.id"), nullable=False, **more)


def _key() -> sa.Column[int]:
    return sa.Column("data_key_id", sa.Integer, sa.ForeignKey("data_key.id"), nullable=False)
