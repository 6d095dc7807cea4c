"""The PostgreSQL server of the tests: databases of their own for every test, and nothing left behind."""

import os
import secrets

import asyncpg
from sqlalchemy import make_url

SERVER = os.environ.get("AFTERCARE_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")


async def administer(statement: str) -> None:
    """Run one statement on the server's own database."""
    connection = await asyncpg.connect(SERVER, timeout=5)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def url_of(database: str) -> str:
    """The address of a database on the test server."""
    return make_url(SERVER).set(database=database).render_as_string(hide_password=False)


async def create_database(*, template: str) -> str:
    """Make a database that nobody else uses; returns its name."""
    name = f"aftercare_test_{secrets.token_hex(6)}"
    await administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return name


async def drop_database(name: str) -> None:
    """Remove a test's database, whoever still holds a connection to it."""
    await administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
