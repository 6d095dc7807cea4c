"""Is the database there, sound, and of which version; and bringing it to this one.

Changes no row of Aftercare's own tables, and counts only what somebody has to look at.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.effects import EffectState
from bot.core.errors import NewerDatabase, StoreError
from bot.store.address import Address
from bot.store.audit import SqlAudit
from bot.store.tables import effects, waiting_posts

MIGRATIONS = Path(__file__).parent / "migrations"

CONNECTION_ERRORS = (SQLAlchemyError, OSError, TimeoutError)
"""What drivers raise when a database cannot be reached or read."""

_SQLITE_HEADER = b"SQLite format 3\x00"

_MIGRATION_LOCK = 0x_AF7E_CA4E
"""Key of the advisory lock under which processes that start together migrate a PostgreSQL database one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseReport:
    """What was found where the database is said to be."""

    where: str
    exists: bool
    """False when the file (or, on a server, Aftercare's tables) will be made at the first start."""
    revision: str | None
    newest: str
    """The newest revision that this version of Aftercare knows."""
    is_newer: bool = False
    """The revision is unknown here: a later version wrote it."""
    damage: str | None = None
    """What the integrity check says, when it is not content."""
    given_up: int = 0
    """Posts that were set aside after their last attempt."""
    failed: int = 0
    """Effects whose attempts are used up."""
    audit: str | None = None
    """What the audit record's check says, when it is not content (a thorough look only)."""

    @property
    def problem(self) -> str | None:
        """Why the database cannot be used or trusted, as a sentence; None when it can."""
        if self.damage is not None:
            return (
                f"The database {self.where} is damaged ({self.damage}); expected a sound one: restore a backup, or "
                "move the file away to start afresh."
            )
        if self.is_newer:
            return (
                f"The database {self.where} has version {self.revision!r}; expected {self.newest!r} or older: "
                "install the later version of Aftercare that wrote it. Nothing was changed."
            )
        return self.audit

    @property
    def needs_migration(self) -> bool:
        """Will the next start bring the database forward?"""
        return self.exists and not self.is_newer and self.damage is None and self.revision != self.newest


async def inspect_database(url: str, *, thorough: bool = True) -> DatabaseReport:
    """Look at a database without changing anything; `StoreError` when the server cannot be reached.

    A thorough look also compares every index of a SQLite file with its table.
    """
    return await _inspect(Address.parse(url), thorough=thorough)


async def make_usable(address: Address) -> None:
    """Create the database where there is none and run the missing migrations; raise where that must not be done."""
    report = await _inspect(address, thorough=False)
    if report.problem is not None:
        raise NewerDatabase(report.problem) if report.is_newer else StoreError(report.problem)
    if report.revision == report.newest:
        return
    if address.path is not None:
        _create_file(address.path)
    engine = address.writer()
    try:
        async with engine.begin() as connection:
            if address.path is None:
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            await connection.run_sync(_upgrade)
    except CONNECTION_ERRORS as error:
        raise StoreError(
            f"The database {address.shown} could not be brought to version {report.newest!r} ({_cause(error)}); "
            "expected to be allowed to create tables in a place of its own: check its rights and what it holds."
        ) from error
    finally:
        await engine.dispose()


def unreachable(address: Address, error: Exception) -> StoreError:
    """Say that a database cannot be reached."""
    return StoreError(
        f"The database {address.shown} cannot be reached ({_cause(error)}); expected it to accept connections: start "
        "it, or correct its address in the configuration."
    )


def newest_revision() -> str:
    """Name the newest revision in the migrations folder."""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if newest is None:
        raise StoreError(f"No migrations were found in {MIGRATIONS}; expected at least one: install Aftercare again.")
    return newest


async def _inspect(address: Address, *, thorough: bool) -> DatabaseReport:
    newest = newest_revision()
    if address.path is not None:
        exists, damage = _look_at_file(address.path)
        if not exists or damage is not None:
            return DatabaseReport(where=address.shown, exists=exists, revision=None, newest=newest, damage=damage)
    engine = address.onlooker()
    try:
        async with engine.connect() as connection:
            damage = await _integrity(connection, thorough=thorough) if address.path is not None else None
            revision = None if damage is not None else await connection.run_sync(_revision)
            noted = await _look_at_rows(connection, thorough=thorough) if revision == newest else {}
    except CONNECTION_ERRORS as error:
        # SQLite says "operational" of a file that it cannot get at, and plainly "database" of one that makes no sense.
        if address.path is None or isinstance(error, OSError | OperationalError):
            raise unreachable(address, error) from error
        return DatabaseReport(where=address.shown, exists=True, revision=None, newest=newest, damage=_cause(error))
    finally:
        await engine.dispose()
    return DatabaseReport(
        where=address.shown,
        exists=address.path is not None or revision is not None,
        revision=revision,
        newest=newest,
        is_newer=revision is not None and revision not in _known_revisions(),
        damage=damage,
        **noted,
    )


async def _look_at_rows(connection: AsyncConnection, *, thorough: bool) -> dict[str, Any]:
    """Count what waits for a person, and check the audit record."""
    given_up = sa.select(sa.func.count()).select_from(waiting_posts).where(waiting_posts.c.given_up.is_(True))
    failed = sa.select(sa.func.count()).select_from(effects).where(effects.c.state == EffectState.FAILED.value)
    return {
        "given_up": await connection.scalar(given_up),
        "failed": await connection.scalar(failed),
        "audit": await SqlAudit(connection).verify() if thorough else None,
    }


def _look_at_file(path: Path) -> tuple[bool, str | None]:
    """Does the file exist, and does it begin as a SQLite file does?"""
    try:
        with path.open("rb") as file:
            header = file.read(len(_SQLITE_HEADER))
    except FileNotFoundError:
        return False, None
    except OSError as error:
        return True, f"it cannot be read: {error.strerror}"
    return (False, None) if not header else (True, None if header == _SQLITE_HEADER else "it is no SQLite file")


async def _integrity(connection: AsyncConnection, *, thorough: bool) -> str | None:
    pragma = "PRAGMA integrity_check(1)" if thorough else "PRAGMA quick_check(1)"
    verdict = str((await connection.exec_driver_sql(pragma)).scalar_one())
    return None if verdict == "ok" else " ".join(verdict.split())


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _known_revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def _upgrade(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _create_file(path: Path) -> None:
    """Create the folder and an empty file that only its owner can read: ids of people are in it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be created ({error.strerror}); expected a folder that can be written to: "
            "change its rights, or choose another place."
        ) from error


def _cause(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {' '.join(str(cause).split())}".rstrip(": ")
