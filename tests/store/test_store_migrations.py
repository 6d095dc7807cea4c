"""The migration history: it makes the tables that the code expects, on both databases."""

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store.schema import MIGRATIONS
from bot.store.tables import metadata


async def test_the_history_makes_the_tables_of_the_code(raw):
    """No table, column, type, key or index more or less."""

    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with raw.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_history_keeps_the_checks_of_the_code(raw):
    """Alembic compares no CHECK constraints, so this does, by name."""

    def checks(connection):
        inspector = sa.inspect(connection)
        return {check["name"] for name in metadata.tables for check in inspector.get_check_constraints(name)}

    expected = {
        constraint.name
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    async with raw.connect() as connection:
        assert await connection.run_sync(checks) == expected


async def test_a_bad_value_is_refused_by_the_database(raw):
    """A state that the code does not know cannot be written past it either."""
    async with raw.connect() as connection:
        with pytest.raises(sa.exc.IntegrityError):
            await connection.execute(
                sa.text(
                    "INSERT INTO effects (message_id, action, kind, guild_id, channel_id, not_before,"
                    " only_if_unclaimed, page, state, attempts)"
                    " VALUES (1, 'a', 'a', 1, 1, '2026-01-01 00:00:00', false, false, 'odd', 0)"
                )
            )


def test_the_history_is_one_line():
    """Two heads would leave it open which tables a database has."""
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


async def test_the_history_can_be_walked_back_and_forth(raw):
    """Every step down undoes its step up."""

    def walk(connection):
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        left = set(sa.inspect(connection).get_table_names())
        command.upgrade(config, "head")
        return left, compare_metadata(MigrationContext.configure(connection), metadata)

    async with raw.begin() as connection:
        left, differences = await connection.run_sync(walk)

    assert left <= {"alembic_version"}
    assert differences == []
