"""Alembic runs this inside the transaction that `bot.store.schema` opened; it opens and closes nothing itself."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
