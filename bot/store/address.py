"""Where a database lives: the URL forms that the configuration accepts, and the engines behind them.

Runs no query of its own and knows no table.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.core.errors import StoreError

BUSY_TIMEOUT_MS = 5_000
"""How long SQLite waits for another process's write transaction before it gives up."""

CONNECT_TIMEOUT_S = 10.0

_FORMS = "expected 'sqlite:///relative.sqlite', 'sqlite:////absolute.sqlite' or 'postgresql://user@host/name'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A checked database URL with its asynchronous driver."""

    url: URL

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read a URL of the configuration; `StoreError` names the accepted forms and never shows a password."""
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            # The text may hold a password, so it is not repeated.
            raise StoreError(f"The database URL cannot be read; {_FORMS}: correct `database.url`.") from None
        match url.get_backend_name():
            case "sqlite":
                if not url.database or url.database == ":memory:":
                    raise StoreError(f"The database URL {text!r} names no file; {_FORMS}: correct `database.url`.")
                return cls(url=url.set(drivername="sqlite+aiosqlite"))
            case "postgresql" | "postgres":
                # Hosting providers hand out libpq's `sslmode`; asyncpg calls the same values `ssl`.
                query = {"ssl" if key == "sslmode" else key: value for key, value in url.query.items()}
                return cls(url=url.set(drivername="postgresql+asyncpg", query=query))
            case other:
                raise StoreError(f"The database URL begins with {other!r}; {_FORMS}: correct `database.url`.")

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None for a server."""
        return Path(str(self.url.database)) if self.url.get_backend_name() == "sqlite" else None

    @property
    def shown(self) -> str:
        """How messages name the database: the file, or the server without its password."""
        if self.path is not None:
            return str(self.path)
        return self.url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)

    def writer(self) -> AsyncEngine:
        """Make the engine for transactions that write; on SQLite they take the write lock as they begin."""
        if self.path is None:
            return self._server()
        engine = create_async_engine(
            self.url,
            hide_parameters=True,
            pool_size=1,
            max_overflow=-1,
            connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000},
        )
        event.listen(engine.sync_engine, "connect", _configure_writer)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return engine

    def reader(self, writer: AsyncEngine) -> AsyncEngine:
        """Make the engine for transactions that only read, each of which sees one moment of the database."""
        if self.path is None:
            return writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        engine = create_async_engine(
            self.url,
            hide_parameters=True,
            pool_size=4,
            # Waiting for a free reader would only add a queue: readers disturb nobody in WAL mode.
            max_overflow=-1,
            connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000},
        )
        event.listen(engine.sync_engine, "connect", _configure_reader)
        event.listen(engine.sync_engine, "begin", _begin_deferred)
        return engine

    def onlooker(self) -> AsyncEngine:
        """Make an engine that cannot change anything, not even SQLite's side files."""
        if self.path is None:
            return self._server(poolclass=NullPool).execution_options(postgresql_readonly=True)
        # Without a write-ahead log nobody has the file open, and SQLite need not create one to read.
        open_elsewhere = self.path.with_name(self.path.name + "-wal").exists()
        query = {"mode": "ro", "uri": "true"} | ({} if open_elsewhere else {"immutable": "1"})
        file = f"file:{quote(str(self.path.absolute()))}"
        return create_async_engine(self.url.set(database=file, query=query), hide_parameters=True, poolclass=NullPool)

    def _server(self, **options: Any) -> AsyncEngine:
        try:
            return create_async_engine(
                self.url, hide_parameters=True, connect_args={"timeout": CONNECT_TIMEOUT_S}, **options
            )
        except ModuleNotFoundError as error:
            raise StoreError(
                f"The database {self.shown} needs the driver {error.name!r}, which is not installed; expected the "
                "extra `postgres`: run `pip install 'aftercare[postgres]'`."
            ) from error


def _run(connection: Any, *statements: str) -> None:
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()


def _configure_writer(connection: Any, _record: object) -> None:
    _run(
        connection,
        "PRAGMA journal_mode = WAL",
        # The outbox's "an attempt starts" must survive a power cut, so every commit reaches the disk.
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA secure_delete = ON",
    )


def _configure_reader(connection: Any, _record: object) -> None:
    _run(connection, "PRAGMA query_only = ON")


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")
