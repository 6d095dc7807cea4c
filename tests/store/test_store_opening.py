"""Opening and inspecting databases: what is accepted, what is refused, and with which sentence."""

import hashlib
import os
import sqlite3
import sys

import pytest
import sqlalchemy as sa

from bot.core.effects import EffectState
from bot.core.errors import NewerDatabase, StoreError
from bot.core.posts import MessageId
from bot.store import inspect_database, open_store
from bot.store.address import Address
from bot.store.schema import newest_revision
from tests.making import NOW, make_post
from tests.store.building import NOTES_KEY, make_decision, make_effect
from tests.store.servers import drop_database


def contents(folder):
    """Name and hash of every file in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


async def close_after_opening(url):
    """Make or migrate a database and let go of it."""
    await (await open_store(url, notes_key=None)).close()


def from_the_future(path):
    """Mark a SQLite file as written by a later version."""
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


async def test_a_new_file_is_made_with_its_folder(tmp_path):
    """Readable by its owner only, and without side files once it is closed."""
    path = tmp_path / "some" / "folder" / "a b%.sqlite"

    await close_after_opening(f"sqlite:///{path}")

    assert [one.name for one in path.parent.iterdir()] == ["a b%.sqlite"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


async def test_a_relative_file_lies_below_the_working_folder(tmp_path, monkeypatch):
    """As in the configuration's default."""
    monkeypatch.chdir(tmp_path)

    await close_after_opening("sqlite:///data/aftercare.sqlite")
    report = await inspect_database("sqlite:///data/aftercare.sqlite")

    assert (tmp_path / "data" / "aftercare.sqlite").is_file()
    assert (report.where, report.exists, report.needs_migration) == ("data/aftercare.sqlite", True, False)


async def test_what_was_stored_is_there_after_a_restart(opened, database_url):
    """Closing and opening again loses nothing."""
    first = await opened()
    async with first.transaction() as tx:
        await tx.decisions.put(make_decision())
    await first.close()

    async with (await opened()).transaction(read_only=True) as tx:
        assert await tx.decisions.get(MessageId(1000)) == make_decision()


async def test_sqlite_is_set_up_for_crashes_and_erasure(tmp_path):
    """Write-ahead log, full synchronisation, foreign keys, overwriting of what is deleted, patience with others."""
    address = Address.parse(f"sqlite:///{tmp_path}/a.sqlite")
    engine = address.writer()
    async with engine.connect() as connection:
        found = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    await engine.dispose()

    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 5000,
    }


async def test_a_newer_sqlite_file_is_refused_untouched(tmp_path):
    """Neither its bytes nor its folder change, and the sentence says what to do."""
    await close_after_opening(f"sqlite:///{tmp_path}/a.sqlite")
    from_the_future(tmp_path / "a.sqlite")
    before = contents(tmp_path)

    with pytest.raises(NewerDatabase, match=r"version '9999'.*install the later version"):
        await open_store(f"sqlite:///{tmp_path}/a.sqlite", notes_key=None)
    report = await inspect_database(f"sqlite:///{tmp_path}/a.sqlite")

    assert contents(tmp_path) == before
    assert (report.is_newer, report.needs_migration, report.revision) == (True, False, "9999")


@pytest.mark.postgres
async def test_a_newer_postgres_database_is_refused_untouched(postgres_url):
    """As on SQLite."""
    engine = Address.parse(postgres_url).writer()
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(NewerDatabase, match="version '9999'"):
        await open_store(postgres_url, notes_key=None)
    async with engine.connect() as connection:
        revision = (await connection.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar_one()
    await engine.dispose()

    assert revision == "9999"


def overwrite(path, *, at, length):
    """Write rubbish into a file."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * length)


@pytest.mark.parametrize(
    ("at", "length"),
    [pytest.param(0, 64, id="header"), pytest.param(100, 2000, id="schema"), pytest.param(4096 * 3, 4096, id="page")],
)
async def test_a_damaged_file_is_refused(tmp_path, at, length):
    """In one sentence, and without repairs: the file is evidence."""
    path = tmp_path / "a.sqlite"
    await close_after_opening(f"sqlite:///{path}")
    overwrite(path, at=at, length=length)
    before = contents(tmp_path)

    with pytest.raises(StoreError, match=r"damaged.*expected a sound one: restore a backup") as refusal:
        await open_store(f"sqlite:///{path}", notes_key=None)
    report = await inspect_database(f"sqlite:///{path}")

    assert "\n" not in str(refusal.value)
    assert report.damage is not None
    assert contents(tmp_path) == before


async def test_a_folder_is_no_database(tmp_path):
    """Nor is a file whose folder cannot be made."""
    with pytest.raises(StoreError, match="cannot be read"):
        await open_store(f"sqlite:///{tmp_path}", notes_key=None)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/a.sqlite.*expected a"):
        await open_store(f"sqlite:///{tmp_path}/file/a.sqlite", notes_key=None)


async def test_somebody_else_s_tables_are_left_alone(tmp_path):
    """A database in which one of our names is taken is refused, and the other application's table stays as it was."""
    path = tmp_path / "a.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE cases (title TEXT)")
    connection.close()

    with pytest.raises(StoreError, match="could not be brought to version"):
        await open_store(f"sqlite:///{path}", notes_key=None)

    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    assert tables == [("cases",)]


@pytest.mark.parametrize("door", [inspect_database, lambda url: open_store(url, notes_key=None)], ids=["look", "open"])
async def test_an_unreachable_server_is_named_without_its_password(door):
    """One sentence with the address; the password stays out of it."""
    with pytest.raises(StoreError, match=r"cannot be reached.*expected it to accept connections") as refusal:
        await door("postgresql://somebody:secret-word@127.0.0.1:9/nowhere")

    assert "postgresql://somebody:***@127.0.0.1:9/nowhere" in str(refusal.value)
    assert "secret-word" not in str(refusal.value)


@pytest.mark.postgres
async def test_a_missing_database_on_a_server_is_a_sentence(postgres_server):
    """The server answers, but there is no such database."""
    missing = sa.make_url(postgres_server).set(database="aftercare_not_there").render_as_string(hide_password=False)

    with pytest.raises(StoreError, match=r"cannot be reached .*aftercare_not_there.* does not exist"):
        await open_store(missing, notes_key=None)


@pytest.mark.postgres
async def test_a_server_that_goes_away_is_a_sentence(postgres_url):
    """Between two transactions and in the middle of one; the bot's loops go on by this error."""
    store = await open_store(postgres_url, notes_key=None)
    async with store.transaction(read_only=True) as tx:
        await tx.ledger.marks()
    name = sa.make_url(postgres_url).database
    assert name is not None
    await drop_database(name)

    with pytest.raises(StoreError, match="refused a statement"):
        async with store.transaction() as tx:
            await tx.ledger.marks()
    with pytest.raises(StoreError, match="cannot be reached"):
        async with store.transaction() as tx:
            await tx.ledger.marks()
    await store.close()


async def test_a_missing_driver_is_a_sentence(monkeypatch):
    """The extra that brings it is named."""
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    with pytest.raises(StoreError, match=r"needs the driver 'asyncpg'.*aftercare\[postgres\]"):
        await open_store("postgresql://somebody@127.0.0.1:9/nowhere", notes_key=None)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        pytest.param("mysql://root@host/name", "begins with 'mysql'", id="other-database"),
        pytest.param("sqlite://", "names no file", id="in-memory"),
        pytest.param("sqlite:///:memory:", "names no file", id="in-memory-by-name"),
        pytest.param("data/aftercare.sqlite", "cannot be read", id="no-url"),
    ],
)
async def test_other_addresses_are_refused(url, found):
    """With the forms that are accepted."""
    with pytest.raises(StoreError, match=found) as refusal:
        await open_store(url, notes_key=None)

    assert "sqlite:////absolute.sqlite" in str(refusal.value)


@pytest.mark.parametrize("key", ["", "too-short", "not base64!" * 4])
async def test_a_malformed_notes_key_is_refused(sqlite_url, key):
    """Before anything is opened, and without repeating the secret."""
    with pytest.raises(StoreError, match="expected 32 bytes in urlsafe base64") as refusal:
        await open_store(sqlite_url, notes_key=key)

    assert not key or key not in str(refusal.value)
    assert not (await inspect_database(sqlite_url)).exists


async def test_inspecting_makes_nothing(tmp_path):
    """A file that is not there yet is reported, not created; nor is a folder."""
    report = await inspect_database(f"sqlite:///{tmp_path}/data/a.sqlite")

    assert (report.exists, report.revision, report.newest) == (False, None, newest_revision())
    assert (report.damage, report.needs_migration) == (None, False)
    assert list(tmp_path.iterdir()) == []


async def test_inspecting_a_running_database_changes_nothing(opened, database_url):
    """The bot may be running while `aftercare check` looks."""
    store = await opened()
    async with store.transaction() as tx:
        await tx.decisions.put(make_decision())

    report = await inspect_database(database_url)

    assert (report.exists, report.revision, report.damage) == (True, newest_revision(), None)
    async with store.transaction() as tx:
        assert await tx.decisions.known([MessageId(1000)]) == {1000}


async def test_an_inspection_counts_what_somebody_has_to_look_at(store, raw, database_url):
    """Posts that were set aside, effects that failed, and an audit record that was changed."""
    async with store.transaction() as tx:
        await tx.ledger.wait(make_post(), now=NOW, max_attempts=1)
        await tx.ledger.wait(make_post(message_id=MessageId(2)), now=NOW, max_attempts=2)
        await tx.outbox.enqueue(make_effect())
        (effect,) = await tx.outbox.due(now=NOW, limit=10)
        await tx.outbox.finish(effect.effect_id, state=EffectState.FAILED)
        await tx.audit.add(at=NOW, actor=None, what="claim", case_id=None, was="open", outcome="claimed")
    before = await inspect_database(database_url)
    async with raw.begin() as connection:
        await connection.execute(sa.text("UPDATE audit SET was = 'shut'"))
    after = await inspect_database(database_url)

    assert (before.given_up, before.failed, before.problem) == (1, 1, None)
    assert after.problem is not None
    assert after.problem.startswith("Audit entry 1 was changed")


@pytest.mark.postgres
async def test_an_empty_postgres_database_is_not_there_yet(empty_postgres_url):
    """Reported as such, then made by opening."""
    before = await inspect_database(empty_postgres_url)
    await (await open_store(empty_postgres_url, notes_key=NOTES_KEY)).close()
    after = await inspect_database(empty_postgres_url)

    assert (before.exists, before.revision) == (False, None)
    assert (after.exists, after.revision, after.needs_migration) == (True, newest_revision(), False)
