"""`aftercare check`: every problem of an installation in one list, each with what was expected and what to do.

Changes nothing; what needs Discord is asked through the gateway, and skipped when offline.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from bot.core.errors import AftercareError, ConfigError, ProblemsError
from bot.gateway.endpoints import use_endpoints
from bot.gateway.survey import survey
from bot.settings import Secrets, Settings, load_settings
from bot.store import inspect_database
from classifiers.assessor import ModelAssessor
from responses.check import lint_all
from responses.library import SnippetLibrary


class Severity(StrEnum):
    """What a finding means for the exit code."""

    PROBLEM = "problem"
    WARNING = "warning"
    GOOD = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report."""

    area: str
    severity: Severity
    sentence: str


async def check_everything(config: Path, secrets: Secrets, *, offline: bool) -> list[Finding]:
    """Look at everything; the findings come in the order in which one would mend them."""
    findings: list[Finding] = []
    try:
        settings = load_settings(config)
    except ConfigError as error:
        findings += _problems("config", error.problems)
        settings = Settings()
    else:
        findings += _guarded("config", lambda: _config(settings))
    findings += _token(secrets)
    findings += _guarded("model", lambda: _model(settings))
    findings += _guarded("snippets", lambda: _snippets(settings))
    findings += await _awaited("database", lambda: _database(settings, secrets))
    if not offline and secrets.discord_token is not None:
        findings += await _awaited("discord", lambda: _discord(settings, secrets.discord_token or ""))
    return findings


def _config(settings: Settings) -> list[Finding]:
    if not settings.communities:
        sentence = "communities is empty; expected at least one server: see docs/connect.md"
        return [Finding(area="config", severity=Severity.WARNING, sentence=sentence)]
    channels = sum(len(community.channels) for community in settings.communities)
    findings = [_good("config", f"{len(settings.communities)} communities, {channels} channels")]
    library = SnippetLibrary.load(today=datetime.now(UTC).date())
    for community in settings.communities:
        if community.on_call.role is None:
            sentence = f"guild {community.guild_id}: no on_call.role; emergencies will ping nobody: name one"
            findings.append(Finding(area="config", severity=Severity.WARNING, sentence=sentence))
        for region in library.regions_without_crisis_line(community.regions):
            sentence = (
                f"guild {community.guild_id}: no verified crisis line for region {region}; the crisis card shows none"
            )
            findings.append(Finding(area="config", severity=Severity.WARNING, sentence=sentence))
        if not community.regions:
            sentence = f"guild {community.guild_id}: no regions; cards show the neutral emergency line only"
            findings.append(Finding(area="config", severity=Severity.WARNING, sentence=sentence))
    return findings


def _token(secrets: Secrets) -> list[Finding]:
    findings = []
    if secrets.discord_token is None:
        sentence = "DISCORD_TOKEN is not set; expected the bot token from the developer portal: see docs/connect.md"
        findings += _problems("token", [sentence])
    else:
        findings.append(_good("token", "DISCORD_TOKEN is set"))
    if secrets.notes_key is None:
        sentence = (
            "AFTERCARE_NOTES_KEY is not set; moderators' reasons will not be kept: make one with `aftercare notes-key`"
        )
        findings.append(Finding(area="token", severity=Severity.WARNING, sentence=sentence))
    return findings


def _model(settings: Settings) -> list[Finding]:
    assessor = ModelAssessor.load(settings.model.folder, threads=1)
    return [_good("model", f"version {assessor.stamps.model}, red-flag rules {assessor.stamps.rules}")]


def _snippets(settings: Settings) -> list[Finding]:
    today = datetime.now(UTC).date()
    found = [
        Finding(
            area="snippets",
            severity=Severity.PROBLEM if one.severity == "error" else Severity.WARNING,
            sentence=str(one),
        )
        for one in lint_all(today=today)
    ]
    library = SnippetLibrary.load(allow_unsigned=settings.answers.allow_unsigned, today=today)
    unknown = sorted(set(settings.answers.allow_unsigned) - {one.head.id for one in library.snippets} - {"all"})
    found += _problems(
        "snippets", [f"answers.allow_unsigned names {one!r}, which is no snippet: correct the id" for one in unknown]
    )
    unsigned = library.unsigned()
    if unsigned:
        sentence = (
            f"{len(unsigned)} of {len(library.snippets)} snippets are not signed by a clinician;"
            " auto mode shows only those that answers.allow_unsigned names"
        )
        found.append(Finding(area="snippets", severity=Severity.WARNING, sentence=sentence))
    return found or [_good("snippets", f"{len(library.snippets)} snippets, all signed")]


async def _database(settings: Settings, secrets: Secrets) -> list[Finding]:
    report = await inspect_database(secrets.database_url or settings.database.url)
    if not report.exists:
        return [_good("database", "none yet; it is made at the first start")]
    if report.problem is not None:
        return _problems("database", [report.problem])
    findings = [_good("database", f"revision {report.revision}")]
    if report.given_up:
        sentence = f"{report.given_up} posts were set aside after three attempts: look at them by hand"
        findings += _problems("database", [sentence])
    if report.failed:
        sentence = f"{report.failed} messages could not be sent: see the log for the reason of each"
        findings += _problems("database", [sentence])
    return findings


async def _discord(settings: Settings, token: str) -> list[Finding]:
    use_endpoints(api_base=settings.discord.api_base, gateway_url=settings.discord.gateway_url)
    problems = await survey(token, settings.directory())
    return _problems("discord", problems) or [_good("discord", "token, intents and permissions are as needed")]


def _guarded(area: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return look()
    except ProblemsError as error:
        return _problems(area, error.problems)
    except AftercareError as error:
        return _problems(area, [str(error)])


async def _awaited(area: str, look: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    try:
        return await look()
    except AftercareError as error:
        return _problems(area, [str(error)])


def _problems(area: str, sentences: list[str] | tuple[str, ...]) -> list[Finding]:
    return [Finding(area=area, severity=Severity.PROBLEM, sentence=one) for one in sentences]


def _good(area: str, sentence: str) -> Finding:
    return Finding(area=area, severity=Severity.GOOD, sentence=sentence)
