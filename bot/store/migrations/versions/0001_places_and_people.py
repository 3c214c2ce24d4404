"""The installation, places and people."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _data_key()
    _estate()
    _lease()
    _meta()
    _read_log()
    _grid()
    _building()
    _unit()
    _household()
    _person()
    _address()
    _consent()
    _need()
    _pairing()
    _staff()
    _duty()
    _staff_grid()


def _data_key() -> None:
    op.create_table(
        "data_key",
        _id(),
        sa.Column("key_id", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("destroyed_at", sa.BigInteger),
    )


def _estate() -> None:
    op.create_table(
        "estate",
        _id(),
        sa.Column("code", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("aliases", sa.String, nullable=False),
        sa.Column("district", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("built", sa.String, nullable=False),
        sa.Column("structure", sa.String, nullable=False),
        sa.Column("renovated", sa.String, nullable=False),
        sa.Column("plan_year", sa.String, nullable=False),
        sa.Column("plan_year_by_kind", sa.String, nullable=False),
        sa.Column("plan_kind", sa.String, nullable=False),
        sa.Column("household_count", sa.Integer, nullable=False),
        sa.Column("building_count", sa.Integer, nullable=False),
        sa.Column("area_m2", sa.Integer, nullable=False),
        sa.Column("gas_repair_phone", sa.String, nullable=False),
        sa.Column("lift_rescue_phone", sa.String, nullable=False),
        sa.Column("regeneration_completed_on", sa.String, nullable=False),
    )


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )


def _read_log() -> None:
    op.create_table(
        "read_log",
        _id(),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reader", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
    )


def _grid() -> None:
    op.create_table(
        "grid",
        _id(),
        _ref("estate_id", "estate.id", nullable=False),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_index("ix_grid_estate_id", "grid", ["estate_id"])


def _building() -> None:
    op.create_table(
        "building",
        _id(),
        _ref("estate_id", "estate.id", nullable=False),
        _ref("grid_id", "grid.id"),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("aliases", sa.String, nullable=False),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
    )
    op.create_index("ix_building_estate_id", "building", ["estate_id"])
    op.create_index("ix_building_grid_id", "building", ["grid_id"])


def _unit() -> None:
    op.create_table(
        "unit",
        _id(),
        _ref("building_id", "building.id", nullable=False),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_index("ix_unit_building_id", "unit", ["building_id"])


def _household() -> None:
    op.create_table(
        "household",
        _id(),
        _ref("building_id", "building.id", nullable=False),
        _ref("unit_id", "unit.id"),
        sa.Column("floor", sa.Integer),
        sa.Column("room", sa.String, nullable=False),
        _ref("data_key_id", "data_key.id"),
        sa.Column("language", sa.String),
    )
    op.create_index("ix_household_building_id", "household", ["building_id"])


def _person() -> None:
    op.create_table(
        "person",
        _id(),
        _ref("data_key_id", "data_key.id", nullable=False),
        _ref("household_id", "household.id"),
        sa.Column("name", sa.LargeBinary),
        sa.Column("language", sa.String),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_person_household_id", "person", ["household_id"])


def _address() -> None:
    op.create_table(
        "address",
        _id(),
        _ref("person_id", "person.id"),
        _ref("household_id", "household.id"),
        _ref("data_key_id", "data_key.id", nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("value_hash", sa.LargeBinary, nullable=False),
        sa.Column("value", sa.LargeBinary),
        sa.Column("preference", sa.Integer, nullable=False),
        sa.Column("verified_at", sa.BigInteger),
        sa.Column("stopped", sa.String, nullable=False),
        sa.Column("gone_at", sa.BigInteger),
        sa.Column("gone_why", sa.String, nullable=False),
        sa.UniqueConstraint("channel", "value_hash"),
    )
    op.create_index("ix_address_household_id", "address", ["household_id"])
    op.create_index("ix_address_person_id", "address", ["person_id"])


def _consent() -> None:
    op.create_table(
        "consent",
        _id(),
        _ref("person_id", "person.id", nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("wording", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger),
    )
    op.create_index("ix_consent_person_id", "consent", ["person_id"])


def _need() -> None:
    op.create_table(
        "need",
        _id(),
        _ref("person_id", "person.id", nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("note", sa.LargeBinary),
    )
    op.create_index("ix_need_person_id", "need", ["person_id"])


def _pairing() -> None:
    op.create_table(
        "pairing",
        _id(),
        _ref("person_id", "person.id", nullable=False),
        _ref("helper_id", "person.id", nullable=False),
        sa.Column("preference", sa.Integer, nullable=False),
    )
    op.create_index("ix_pairing_helper_id", "pairing", ["helper_id"])
    op.create_index("ix_pairing_person_id", "pairing", ["person_id"])


def _staff() -> None:
    op.create_table(
        "staff",
        _id(),
        _ref("person_id", "person.id", nullable=False, unique=True),
        sa.Column("handle", sa.String, nullable=False, unique=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
    )
    op.create_index("ix_staff_role", "staff", ["role"])


def _duty() -> None:
    op.create_table(
        "duty",
        _id(),
        _ref("staff_id", "staff.id", nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_duty_staff_id", "duty", ["staff_id"])


def _staff_grid() -> None:
    op.create_table(
        "staff_grid",
        _ref("staff_id", "staff.id", primary_key=True),
        _ref("grid_id", "grid.id", primary_key=True),
    )


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _ref(name: str, target: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(target), **more)
