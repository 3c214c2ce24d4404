"""What columns are made of: moments, sealed bytes, and the Core table behind a row class."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, LargeBinary, Table
from sqlmodel import SQLModel

from bot.store.instant import Instant


def instant(*, index: bool = False, null: bool = True) -> Column[datetime]:
    return Column(Instant, index=index, nullable=null)


def sealed() -> Column[bytes]:
    return Column(LargeBinary, nullable=True, info={"sealed": True})


def table_of(row: type[SQLModel]) -> Table:
    """The Core table of a row class; a turn uses Core statements."""
    return row.metadata.tables[str(row.__tablename__)]
