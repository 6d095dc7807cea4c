"""Runs migrations over the connection that `bot.store.schema` brings; opens none of its own."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
