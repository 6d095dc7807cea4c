"""Real databases for the store's tests: a SQLite file, and a PostgreSQL database of its own for every test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store import SqlStore, open_store
from bot.store.address import Address
from tests.store.building import NOTES_KEY
from tests.store.servers import SERVER, administer, create_database, drop_database, url_of


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The address of a PostgreSQL server that answers."""
    try:
        asyncio.run(administer("SELECT 1"))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        shown = make_url(SERVER).render_as_string(hide_password=True)
        pytest.skip(f"no PostgreSQL answers at {shown} ({type(error).__name__}): set AFTERCARE_TEST_POSTGRES")
    return SERVER


@pytest.fixture(scope="session")
def migrated_template(postgres_server: str) -> Iterator[str]:
    """A migrated database that each test copies, which is quicker than migrating each time."""

    async def make() -> str:
        name = await create_database(template="template1")
        await (await open_store(url_of(name), notes_key=None)).close()
        return name

    name = asyncio.run(make())
    yield name
    asyncio.run(drop_database(name))


@pytest.fixture
async def postgres_url(migrated_template: str) -> AsyncIterator[str]:
    """A migrated PostgreSQL database for one test."""
    name = await create_database(template=migrated_template)
    yield url_of(name)
    await drop_database(name)


@pytest.fixture
async def empty_postgres_url(postgres_server: str) -> AsyncIterator[str]:
    """A PostgreSQL database without any table, for one test."""
    name = await create_database(template="template1")
    yield url_of(name)
    await drop_database(name)


@pytest.fixture
def sqlite_url(tmp_path) -> str:
    """A SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path}/data/aftercare.sqlite"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn, so that one suite holds both to the same contract."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[Callable[..., Awaitable[SqlStore]]]:
    """Opens further stores on the test's database; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def another(*, notes_key: str | None = NOTES_KEY) -> SqlStore:
            store = await open_store(database_url, notes_key=notes_key)
            stack.push_async_callback(store.close)
            return store

        yield another


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[SqlStore]:
    """A store on a SQLite file."""
    store = await open_store(sqlite_url, notes_key=NOTES_KEY)
    yield store
    await store.close()


@pytest.fixture
async def store(opened: Callable[..., Awaitable[SqlStore]]) -> SqlStore:
    """A store on a database of its own."""
    return await opened()


@pytest.fixture
async def raw(database_url: str, store: SqlStore) -> AsyncIterator[AsyncEngine]:
    """A way to the store's tables past its repositories."""
    engine = Address.parse(database_url).writer()
    yield engine
    await engine.dispose()
