"""Talks, deliveries, and the records of the rooms."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _prompt()
    _rate()
    _timer()
    _timeline()
    _session()
    _case_record()
    _inbound()
    _question()
    _attachment()
    _delivery()
    _receipt()


def _prompt() -> None:
    op.create_table(
        "prompt",
        _id(),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("body", sa.String, nullable=False),
    )


def _rate() -> None:
    op.create_table(
        "rate",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("free_at", sa.BigInteger, nullable=False),
    )


def _timer() -> None:
    op.create_table(
        "timer",
        _id(),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("command", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )
    op.create_index("timer_due", "timer", ["due_at"])
    op.create_index("timer_subject", "timer", ["subject"])


def _timeline() -> None:
    op.create_table(
        "timeline",
        _id(),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        _ref("data_key_id", "data_key.id"),
        sa.Column("body", sa.LargeBinary),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("subject", "sequence"),
    )


def _session() -> None:
    op.create_table(
        "session",
        _id(),
        _ref("person_id", "person.id"),
        _ref("household_id", "household.id"),
        _ref("data_key_id", "data_key.id", nullable=False),
        sa.Column("flow", sa.String, nullable=False),
        sa.Column("journal", sa.LargeBinary),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("ended_why", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _case_record() -> None:
    op.create_table(
        "case_record",
        _id(),
        sa.Column("number", sa.String, unique=True),
        _ref("data_key_id", "data_key.id", nullable=False),
        _ref("person_id", "person.id"),
        _ref("household_id", "household.id"),
        sa.Column("channel", sa.String, nullable=False),
        _ref("address_id", "address.id"),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("words", sa.LargeBinary),
        sa.Column("reasons", sa.LargeBinary),
        _ref("estate_id", "estate.id"),
        _ref("building_id", "building.id"),
        _ref("unit_id", "unit.id"),
        sa.Column("floor", sa.Integer),
        sa.Column("room", sa.String, nullable=False),
        sa.Column("place", sa.LargeBinary),
        sa.Column("hurt", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("needs_person", sa.String, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("provisional", sa.Boolean, nullable=False),
        sa.Column("first_responded_at", sa.BigInteger),
        _ref("accepted_by", "staff.id"),
        sa.Column("accepted_at", sa.BigInteger),
        sa.Column("ladder", sa.String),
        sa.Column("ladder_level", sa.Integer, nullable=False),
        sa.Column("ladder_next_at", sa.BigInteger),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_case_record_building_id", "case_record", ["building_id"])
    op.create_index("ix_case_record_due_at", "case_record", ["due_at"])
    op.create_index("ix_case_record_household_id", "case_record", ["household_id"])
    op.create_index("ix_case_record_person_id", "case_record", ["person_id"])
    op.create_index("ix_case_record_state", "case_record", ["state"])


def _inbound() -> None:
    op.create_table(
        "inbound",
        _id(),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("external_id", sa.String, nullable=False),
        _ref("address_id", "address.id"),
        _ref("data_key_id", "data_key.id"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("taken_as", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.UniqueConstraint("channel", "external_id"),
    )
    op.create_index("inbound_flood", "inbound", ["address_id", "at"])
    op.create_index("ix_inbound_state", "inbound", ["state"])


def _question() -> None:
    op.create_table(
        "question",
        _id(),
        _ref("person_id", "person.id"),
        _ref("household_id", "household.id"),
        _ref("address_id", "address.id"),
        _ref("session_id", "session.id"),
        sa.Column("flow", sa.String, nullable=False),
        sa.Column("args", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        _ref("prompt_id", "prompt.id", nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("lane", sa.Integer, nullable=False),
        sa.Column("put_at", sa.BigInteger, nullable=False),
        sa.Column("first_sent_at", sa.BigInteger),
        sa.Column("unanswered_since", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("closed_why", sa.String, nullable=False),
    )
    op.create_index("ix_question_household_id", "question", ["household_id"])
    op.create_index("ix_question_person_id", "question", ["person_id"])
    op.create_index("ix_question_subject", "question", ["subject"])
    op.create_index("question_expiry", "question", ["expires_at"])


def _attachment() -> None:
    op.create_table(
        "attachment",
        _id(),
        sa.Column("subject", sa.String, nullable=False),
        _ref("inbound_id", "inbound.id"),
        sa.Column("channel", sa.String, nullable=False),
        _ref("data_key_id", "data_key.id", nullable=False),
        sa.Column("source", sa.LargeBinary),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("content_type", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )
    op.create_index("ix_attachment_next_at", "attachment", ["next_at"])
    op.create_index("ix_attachment_subject", "attachment", ["subject"])


def _delivery() -> None:
    op.create_table(
        "delivery",
        _id(),
        sa.Column("channel", sa.String, nullable=False),
        _ref("address_id", "address.id", nullable=False),
        _ref("data_key_id", "data_key.id"),
        _ref("question_id", "question.id"),
        _ref("inbound_id", "inbound.id"),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("lane", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("as_sent", sa.LargeBinary),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("valid_until", sa.BigInteger),
        sa.Column("give_up_at", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("claimed_by", sa.String, nullable=False),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("external_id", sa.String),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("error", sa.String, nullable=False),
        sa.Column("error_code", sa.String, nullable=False),
        sa.Column("then", sa.String),
        _ref("replaces_id", "delivery.id"),
    )
    op.create_index("delivery_due", "delivery", ["state", "channel", "lane", "id"])
    op.create_index("delivery_external", "delivery", ["channel", "external_id"])
    op.create_index("delivery_flight", "delivery", ["address_id", "lane", "state"])
    op.create_index("ix_delivery_inbound_id", "delivery", ["inbound_id"])


def _receipt() -> None:
    op.create_table(
        "receipt",
        _id(),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("external_id", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("error", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        _ref("delivery_id", "delivery.id"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.UniqueConstraint("channel", "external_id", "status"),
    )
    op.create_index("ix_receipt_delivery_id", "receipt", ["delivery_id"])


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _ref(name: str, target: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(target), **more)
