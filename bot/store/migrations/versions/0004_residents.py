"""Codes that join two addresses, and parents who are asked whether they agree."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "join_code",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("address_id", sa.Integer, sa.ForeignKey("address.id"), nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
    )
    op.create_index("ix_join_code_person_id", "join_code", ["person_id"])
    op.create_index("ix_join_code_address_id", "join_code", ["address_id"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("inviter_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("invitee_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("data_key_id", sa.Integer, sa.ForeignKey("data_key.id"), nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_invitation_inviter_id", "invitation", ["inviter_id"])
    op.create_index("ix_invitation_invitee_id", "invitation", ["invitee_id"])
