"""How cases end: the result and how it was told, the resident's word, and promises kept or broken when it happens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENTS = ("resolved_at", "closed_at", "arrived_at", "met_at", "breached_at", "waiting_since", "reopened_at")
CODES = ("offline", "verdict", "satisfaction", "ended_why")
SEALED = ("resolution", "offline_why")


def upgrade() -> None:
    for name in MOMENTS:
        op.add_column("case_record", sa.Column(name, sa.BigInteger))
    for name in CODES:
        op.add_column("case_record", sa.Column(name, sa.String, nullable=False, server_default=""))
    for name in SEALED:
        op.add_column("case_record", sa.Column(name, sa.LargeBinary))
    for name in ("paused_days", "reopened"):
        op.add_column("case_record", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    _keep_promises_made_before()


def _keep_promises_made_before() -> None:
    """The cases that are open are watched like new ones; an urgent one that was answered has kept its promise."""
    op.execute(
        "UPDATE case_record SET met_at = first_responded_at WHERE label = 'urgent' AND state IN ('open', 'accepted')"
        " AND first_responded_at <= due_at"
    )
    op.execute(
        "INSERT INTO timer (due_at, subject, step, command, tries)"
        " SELECT due_at, 'clock:' || number, 'due', '{\"type\":\"Breach\",\"number\":\"' || number || '\"}', 0"
        " FROM case_record WHERE state IN ('open', 'accepted') AND met_at IS NULL"
    )
