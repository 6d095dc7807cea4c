"""Joins the services over the ports they are given; the app brings real adapters, tests bring doubles."""

from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta

from bot.core.communities import Directory
from bot.core.ports import AnswerLibrary, Assessor, Backlog, Clock, Idle, Messenger, Store
from bot.services.briefing import Briefing
from bot.services.catch_up import CatchUp
from bot.services.desk import Desk
from bot.services.house import House
from bot.services.intake import Intake
from bot.services.outbox import OutboxSender
from bot.services.privacy import Privacy
from bot.services.triage import Triage
from bot.services.watchkeeper import Watchkeeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Every port, and the two durations that belong to the whole installation."""

    store: Store
    messenger: Messenger
    backlog: Backlog
    assessor: Assessor
    library: AnswerLibrary
    directory: Directory
    clock: Clock
    idle: Idle
    executor: Executor | None
    max_age: timedelta
    """Older posts are reported at catch-up, not read."""
    retention: timedelta
    """Settled rows older than this are removed."""


def join_services(ports: Joined) -> House:
    """Build the services in the order in which they need one another."""
    store, directory, clock = ports.store, ports.directory, ports.clock
    triage = Triage(
        store=store,
        assessor=ports.assessor,
        library=ports.library,
        directory=directory,
        clock=clock,
        executor=ports.executor,
    )
    briefing = Briefing(
        store=store,
        messenger=ports.messenger,
        assessor=ports.assessor,
        library=ports.library,
        directory=directory,
    )
    outbox = OutboxSender(
        store=store,
        messenger=ports.messenger,
        library=ports.library,
        briefing=briefing,
        directory=directory,
        clock=clock,
        idle=ports.idle,
    )
    desk = Desk(store=store, triage=triage, briefing=briefing, directory=directory, clock=clock, wake=outbox.wake)
    intake = Intake(triage=triage, store=store, directory=directory, clock=clock, idle=ports.idle, wake=outbox.wake)
    catch_up = CatchUp(
        backlog=ports.backlog, triage=triage, intake=intake, store=store, clock=clock, max_age=ports.max_age
    )
    watchkeeper = Watchkeeper(
        store=store,
        triage=triage,
        desk=desk,
        catch_up=catch_up,
        messenger=ports.messenger,
        assessor=ports.assessor,
        clock=clock,
        idle=ports.idle,
        retention=ports.retention,
        wake=outbox.wake,
        executor=ports.executor,
    )
    privacy = Privacy(store=store, clock=clock, messenger=ports.messenger)
    return House(
        triage=triage,
        intake=intake,
        catch_up=catch_up,
        outbox=outbox,
        desk=desk,
        watchkeeper=watchkeeper,
        privacy=privacy,
        idle=ports.idle,
        keeps_notes=store.keeps_notes,
    )
