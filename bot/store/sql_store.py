"""The store over SQLite or PostgreSQL: opening it, and all repositories inside one transaction.

Decides nothing; what is written was decided in `bot.core` and `bot.services`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.core.errors import StoreError
from bot.core.ports import Transaction
from bot.store.address import Address
from bot.store.audit import SqlAudit
from bot.store.cases import SqlCases
from bot.store.decisions import SqlDecisions
from bot.store.ledger import SqlLedger
from bot.store.members import SqlMembers
from bot.store.notes import NoteCipher
from bot.store.outbox import SqlOutbox
from bot.store.schema import CONNECTION_ERRORS, make_usable, unreachable
from bot.store.tables import metadata


class SqlTransaction:
    """All repositories over one connection."""

    def __init__(self, connection: AsyncConnection, *, cipher: NoteCipher) -> None:
        self.ledger = SqlLedger(connection)
        self.decisions = SqlDecisions(connection)
        self.cases = SqlCases(connection, cipher=cipher)
        self.outbox = SqlOutbox(connection)
        self.members = SqlMembers(connection, cipher=cipher)
        self.audit = SqlAudit(connection)


class SqlStore:
    """The `Store` port. Make one with `open_store`; several may share a database."""

    def __init__(self, address: Address, *, writer: AsyncEngine, cipher: NoteCipher) -> None:
        self._address = address
        self._writer = writer
        self._reader = address.reader(writer)
        self._cipher = cipher
        # SQLite's own waiting is by sleep and retry, and unfair: within a process writers line up here instead.
        self._turn = asyncio.Lock() if address.path is not None else None
        self._writing: asyncio.Task[object] | None = None

    @property
    def keeps_notes(self) -> bool:
        """Is there a key, so that moderators' reasons can be kept?"""
        return self._cipher.keeps_notes

    def transaction(self, *, read_only: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """Begin a transaction; a read-only one takes no write lock, sees one moment, and refuses to write.

        Leaving the block commits, an exception rolls back. A failing database raises `StoreError`.
        """
        return self._transaction(read_only=read_only)

    @asynccontextmanager
    async def _transaction(self, *, read_only: bool) -> AsyncIterator[SqlTransaction]:
        async with AsyncExitStack() as stack:
            if not read_only and self._turn is not None:
                await stack.enter_async_context(self._line_up(self._turn))
            engine = self._reader if read_only else self._writer
            try:
                connection = await stack.enter_async_context(engine.connect())
            except CONNECTION_ERRORS as error:
                raise unreachable(self._address, error) from error
            try:
                async with connection.begin():
                    yield SqlTransaction(connection, cipher=self._cipher)
            except SQLAlchemyError as error:
                raise _failed(self._address, error) from error

    @asynccontextmanager
    async def _line_up(self, turn: asyncio.Lock) -> AsyncIterator[None]:
        task = asyncio.current_task()
        if task is not None and self._writing is task:
            raise RuntimeError("a write transaction was begun inside another one; expected one at a time per task")
        async with turn:
            self._writing = task
            try:
                yield
            finally:
                self._writing = None

    async def scrub(self) -> None:
        """Remove what the files still remember of erased rows; call it after the erasing transaction.

        SQLite: empties the write-ahead log and rewrites the file. PostgreSQL: vacuums the tables (its write-ahead
        log and backups are the server's to age out). `StoreError` when readers kept the file busy all along.
        """
        try:
            if self._address.path is None:
                server = self._writer.execution_options(isolation_level="AUTOCOMMIT")
                async with server.connect() as connection:
                    for table in metadata.sorted_tables:
                        await connection.execute(sa.text(f'VACUUM "{table.name}"'))
                return
            async with AsyncExitStack() as stack:
                if self._turn is not None:
                    await stack.enter_async_context(self._line_up(self._turn))
                await self._rewrite_file()
        except SQLAlchemyError as error:
            raise _failed(self._address, error) from error

    async def _rewrite_file(self) -> None:
        async with self._writer.connect() as connection:
            # VACUUM cannot run inside the transaction that SQLAlchemy would begin.
            raw = (await connection.get_raw_connection()).driver_connection
            if raw is None:
                raise StoreError(f"The connection to {self._address.shown} is closed; expected it open: try again.")
            for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                cursor = await raw.execute(statement)
                outcome = await cursor.fetchone()
                await cursor.close()
            if outcome is not None and outcome[0]:
                raise StoreError(
                    f"The rows were erased, but {self._address.shown}-wal still holds old pages because the database "
                    f"was busy; expected a quiet moment: run the erasure again, or stop the bot first."
                )

    async def close(self) -> None:
        """Close every connection; SQLite folds its write-ahead log into the file."""
        await self._reader.dispose()
        await self._writer.dispose()


async def open_store(url: str, *, notes_key: str | None) -> SqlStore:
    """Open the database at a URL, create it where there is none, and migrate it to this version.

    Raises `NewerDatabase` when a later version wrote it (nothing is touched), `StoreError` when it cannot be reached,
    is damaged, or the notes key is malformed. Without a notes key, moderators' notes are left out.
    """
    address, cipher = Address.parse(url), NoteCipher(notes_key)
    await make_usable(address)
    return SqlStore(address, writer=address.writer(), cipher=cipher)


def _failed(address: Address, error: SQLAlchemyError) -> StoreError:
    cause = getattr(error, "orig", None) or error
    return StoreError(
        f"The database {address.shown} refused a statement ({type(cause).__name__}: {cause}); expected it to work: "
        "see `aftercare check`."
    )
