"""No words at rest: what members write and what moderators note is looked for in the raw bytes, and not found."""

import sqlite3
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.cases import CaseEvent, CaseEventKind, Verdict
from bot.core.effects import EffectKind, EffectState
from bot.core.errors import StoreError
from bot.core.policy import Priority
from bot.core.posts import ChannelId, MessageId, UserId
from bot.core.records import ChannelMark
from bot.store import address, open_store
from bot.store.tables import metadata
from tests.making import CHANNEL, GUILD, MODERATOR, NOW, make_post
from tests.store.building import NOTES_KEY, make_case, make_decision, make_effect

WORDS = ("marzipan lighthouse", "cobalt umbrella", "Wilhelmina Quist", "velvet thunder")
"""Stand in a post's text, its context, its writer's name and a moderator's note."""

AUTHOR = UserId(0x5EC2_E7A1_7BAD)


async def use_everything(store):
    """Drive every repository with a post, and a note, that hold the marked words."""
    text, context, name, note = WORDS
    post = make_post(text=f"{text} {name}", context=(context,), author_id=AUTHOR)
    async with store.transaction() as tx:
        await tx.ledger.wait(post, now=NOW, max_attempts=3)
        await tx.ledger.advance(
            ChannelMark(channel_id=CHANNEL, watched_id=CHANNEL, guild_id=GUILD, settled_id=post.message_id)
        )
        await tx.ledger.settle(post.message_id)
        await tx.ledger.wait(
            make_post(message_id=MessageId(1001), text=text, author_id=AUTHOR), now=NOW, max_attempts=1
        )
        await tx.decisions.put(make_decision(author_id=AUTHOR))
        case = await tx.cases.open(make_case(author_id=AUTHOR))
        await tx.cases.attach_card(case.case_id, channel_id=ChannelId(5), message_id=MessageId(6))
        await tx.cases.set_priority(case.case_id, Priority.NORMAL)
        resolved = CaseEvent(
            kind=CaseEventKind.RESOLVED, at=NOW, actor=MODERATOR, verdict=Verdict.OTHER, note=f"{note}: {text}"
        )
        grown = await tx.cases.append(case, resolved)
        await tx.outbox.enqueue(make_effect(case_id=case.case_id))
        (effect,) = await tx.outbox.due(now=NOW, limit=1)
        await tx.outbox.begin(effect.effect_id)
        await tx.outbox.postpone(effect.effect_id, until=NOW + timedelta(seconds=1))
        await tx.outbox.finish(effect.effect_id, state=EffectState.SENT, sent_message_id=MessageId(8), template="a@1")
        await tx.outbox.enqueue(make_effect(action="case_card", kind=EffectKind.CASE_CARD))
        await tx.outbox.drop_pending(MessageId(1000), EffectKind.CASE_CARD)
        await tx.members.set_opt_out(GUILD, UserId(3), out=True, now=NOW)
        await tx.members.note_moderator_answer(channel_id=CHANNEL, member_id=AUTHOR, at=NOW)
        await tx.audit.add(
            at=NOW, actor=MODERATOR, what="resolve", case_id=case.case_id, was="open", outcome="resolved"
        )
        exported = await tx.members.export(AUTHOR)
    assert grown is not None
    assert grown.events[-1].note == f"{note}: {text}"
    assert note in str(exported)


def found_in(folder, *words):
    """Which words the files of a database hold, in either of the encodings that SQLite knows."""
    everything = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    return [word for word in words if word.encode() in everything or word.encode("utf-16-le") in everything]


async def test_no_file_of_a_sqlite_database_holds_a_word(tmp_path, sqlite_store):
    """Not the database, not its write-ahead log, not its shared memory; while it runs and after it is closed."""
    await use_everything(sqlite_store)
    folder = tmp_path / "data"
    names = sorted(path.name for path in folder.iterdir())
    running = found_in(folder, *WORDS)
    await sqlite_store.close()

    assert names == ["aftercare.sqlite", "aftercare.sqlite-shm", "aftercare.sqlite-wal"]
    assert found_in(folder, "resolved", "first-rule") == ["resolved", "first-rule"]
    assert running == []
    assert found_in(folder, *WORDS) == []


async def test_no_row_of_a_database_holds_a_word(store, raw):
    """Every value of every table."""
    await use_everything(store)
    everything = ""
    async with raw.connect() as connection:
        for table in metadata.sorted_tables:
            everything += str((await connection.execute(sa.select(table))).all())

    assert "first-rule" in everything
    assert [word for word in WORDS if word in everything] == []


async def test_an_erased_member_is_gone_from_the_raw_bytes(tmp_path, sqlite_store):
    """After scrubbing, no file holds the member's id in the form that SQLite keeps numbers in, nor the sealed note."""
    await use_everything(sqlite_store)
    folder, trace = tmp_path / "data", AUTHOR.to_bytes(6, "big")
    with sqlite3.connect(folder / "aftercare.sqlite") as connection:
        (sealed,) = connection.execute("SELECT note FROM case_events WHERE note IS NOT NULL").fetchone()
    connection.close()
    traces = (trace, sealed.encode())
    before = [one for one in traces if any(one in path.read_bytes() for path in folder.iterdir())]

    async with sqlite_store.transaction() as tx:
        await tx.members.erase(AUTHOR)
    await sqlite_store.scrub()
    after = [one for one in traces if any(one in path.read_bytes() for path in folder.iterdir())]

    assert before == list(traces)
    assert after == []


async def test_a_scrub_that_could_not_finish_says_so(monkeypatch, tmp_path):
    """Somebody reads all along: the rows are gone, but the log cannot be emptied, and that is not kept quiet."""
    monkeypatch.setattr(address, "BUSY_TIMEOUT_MS", 50)
    store = await open_store(f"sqlite:///{tmp_path}/a.sqlite", notes_key=NOTES_KEY)
    await use_everything(store)

    async with store.transaction(read_only=True) as reading:
        await reading.ledger.marks()
        with pytest.raises(StoreError, match=r"still holds old pages.*run the erasure again"):
            await store.scrub()
    await store.scrub()

    await store.close()
