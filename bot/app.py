"""The composition root: the one file that knows everybody, and takes fakes through the same door as real adapters.

Holds no rule; joins settings, store, model, texts and gateway to the services, and ends them in order.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog

from bot.core.ports import Assessor, Clock, Idle, Store
from bot.gateway.backlog import DiscordBacklog
from bot.gateway.client import AftercareClient
from bot.gateway.endpoints import use_endpoints
from bot.gateway.messenger import DiscordMessenger
from bot.services.house import House
from bot.services.joining import Joined, join_services
from bot.services.privacy import Privacy
from bot.settings import Secrets, Settings
from bot.store import open_store
from classifiers.assessor import ModelAssessor
from responses.library import SnippetLibrary

log = structlog.get_logger(__name__)

T = TypeVar("T")

DRAIN_SECONDS = 4.0
"""How long shutdown waits for begun work; with closing the rest it stays under the promised five seconds."""


async def wait_plainly(awaitable: Awaitable[T], *, reason: str) -> T:
    """The `Idle` port outside the simulation: just wait."""
    return await awaitable


def utc_now() -> datetime:
    """The `Clock` port outside the simulation."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that runs, joined."""

    client: AftercareClient
    house: House
    store: Store
    assessor: Assessor
    library: SnippetLibrary
    settings: Settings
    executor: ThreadPoolExecutor

    async def close(self) -> None:
        """Disconnect, let begun work finish, close the store; safe to call twice."""
        if not self.client.is_closed():
            await self.client.close()
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.house.stop()
        except TimeoutError:
            log.error("work was still running at shutdown; it is taken up again at the next start", action="close")
        await self.store.close()
        self.executor.shutdown(wait=False, cancel_futures=True)


async def build_app(
    settings: Settings,
    secrets: Secrets,
    *,
    clock: Clock = utc_now,
    idle: Idle = wait_plainly,
    store: Store | None = None,
    assessor: Assessor | None = None,
    library: SnippetLibrary | None = None,
) -> App:
    """Join everything; raises an `AftercareError` that names what cannot be used."""
    use_endpoints(api_base=settings.discord.api_base, gateway_url=settings.discord.gateway_url)
    directory = settings.directory()
    library = library or SnippetLibrary.load(
        allow_unsigned=settings.answers.allow_unsigned, today=lambda: clock().date()
    )
    reader = assessor if assessor is not None else _load_assessor(settings)
    store = store or await open_store(secrets.database_url or settings.database.url, notes_key=secrets.notes_key)
    # One thread: the model's session spreads one batch over the cores by itself.
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="assess")
    client = AftercareClient(directory=directory, library=library, clock=clock)
    messenger = DiscordMessenger(client, directory=directory, library=library)
    house = join_services(
        Joined(
            store=store,
            messenger=messenger,
            backlog=DiscordBacklog(client, directory=directory),
            assessor=reader,
            library=library,
            directory=directory,
            clock=clock,
            idle=idle,
            executor=executor,
            max_age=timedelta(hours=settings.catch_up.max_age_hours),
            retention=timedelta(days=settings.retention.days),
        )
    )
    client.attach(house)
    return App(
        client=client,
        house=house,
        store=store,
        assessor=reader,
        library=library,
        settings=settings,
        executor=executor,
    )


async def run_bot(app: App, token: str) -> None:
    """Connect and serve until cancelled or disconnected for good; raises `LoginError`."""
    try:
        await app.client.serve(token)
    finally:
        await app.close()


async def with_privacy(
    settings: Settings, secrets: Secrets, use: Callable[[Privacy], Awaitable[T]], *, clock: Clock = utc_now
) -> T:
    """Open the store for one privacy command and close it again."""
    store = await open_store(secrets.database_url or settings.database.url, notes_key=secrets.notes_key)
    try:
        return await use(Privacy(store=store, clock=clock, messenger=None))
    finally:
        await store.close()


def _load_assessor(settings: Settings) -> ModelAssessor:
    """Load the model; without one the bot starts all the same, reads red flags alone, and says so loudly."""
    assessor = ModelAssessor.load(settings.model.folder, threads=settings.model.threads, require_model=False)
    if assessor.failure is not None:
        log.error("classifier down: red flags alone are read", action="load_model", error=str(assessor.failure))
    return assessor
