"""Every test here that asks for `store` runs on SQLite and on PostgreSQL."""

from tests.stores import *  # noqa: F403
