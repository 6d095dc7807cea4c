"""`config.yaml` and the environment, validated whole: every problem at once, each with its path and what to do.

The only file that reads the environment. Knows nothing of Discord; whether ids exist there is `aftercare check`.
"""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.core.communities import Community, Directory
from bot.core.errors import ConfigError
from bot.core.policy import ChannelRules, Consent, Mode
from bot.core.posts import ChannelId, GuildId, RoleId

Snowflake = Annotated[int, Field(gt=0, lt=2**63)]
Region = Literal["uk", "ie", "us", "ca", "au", "nz", "de", "at", "eu"]
REGIONS: tuple[str, ...] = get_args(Region)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DiscordSettings(_Section):
    """Where Discord is; both empty for Discord itself."""

    api_base: str | None = Field(None, description="Base address of the HTTP interface, for a proxy.")
    gateway_url: str | None = Field(None, description="Address of the gateway's websocket, for a proxy.")

    @field_validator("api_base")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("expected an address that begins with http:// or https://")
        return value

    @field_validator("gateway_url")
    @classmethod
    def _websocket(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("ws://", "wss://")):
            raise ValueError("expected an address that begins with ws:// or wss://")
        return value


class DatabaseSettings(_Section):
    """Where decisions, cases and effects are kept."""

    url: str = Field("sqlite:///data/aftercare.sqlite", description="SQLite file or PostgreSQL address.")

    @field_validator("url")
    @classmethod
    def _scheme(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("expected sqlite:///path/to/file or postgresql://user@host/name")
        if urlsplit(value).password:
            raise ValueError("expected no password in a file: give the address as AFTERCARE_DATABASE_URL instead")
        return value


class ModelSettings(_Section):
    """The classifier."""

    folder: Path | None = Field(None, description="Folder of a model version; empty for the one that ships.")
    threads: int = Field(2, ge=1, le=64, description="Processor cores that reading posts may use.")


class AnswerSettings(_Section):
    """What the bot may say."""

    allow_unsigned: list[str] = Field(
        default_factory=list,
        description="Ids of snippets that `auto` mode may show before a clinician has signed them.",
    )


class CatchUpSettings(_Section):
    """Reading what was missed."""

    max_age_hours: float = Field(24, gt=0, le=24 * 14, description="Older posts are reported, not read.")


class RetentionSettings(_Section):
    """How long rows are kept."""

    days: int = Field(14, ge=1, le=365, description="Resolved cases, decisions and effects older than this go.")


class ConsentSettings(_Section):
    """On which ground posts are read."""

    kind: Consent = Field(Consent.NOTICE, description="`notice` (pinned notice, opt-out) or `opt_in`.")
    role: Snowflake | None = Field(None, description="With `opt_in`: the role of members who consented.")

    @model_validator(mode="after")
    def _role_needed(self) -> "ConsentSettings":
        if self.kind is Consent.OPT_IN and self.role is None:
            raise ValueError("consent is opt_in, which needs `role`: the id of the consent role")
        return self


class ModeratorSettings(_Section):
    """The people who work the queue."""

    channel: Snowflake = Field(description="Channel in which cases appear.")
    role: Snowflake = Field(description="Role whose holders may work cases.")


class RoleSettings(_Section):
    """One role."""

    role: Snowflake | None = Field(None, description="Id of the role.")


class ChannelSettings(_Section):
    """One channel that the bot may act in."""

    id: Snowflake = Field(description="Id of a text or forum channel; its threads belong to it.")
    mode: Mode = Field(Mode.SHADOW, description="`off`, `on_request`, `shadow`, `assist` or `auto`.")
    flag_threshold: float | None = Field(
        None, gt=0, lt=1, description="Replaces the model's threshold here (a calibrated probability)."
    )
    cool_down_hours: float | None = Field(None, ge=0, description="Replaces the community's cool-down here.")


class CommunitySettings(_Section):
    """One Discord server."""

    guild_id: Snowflake = Field(description="Id of the server.")
    name: str = Field("this community", min_length=1, max_length=100, description="How cards name the community.")
    language: Literal["en"] = Field("en", description="Language of the cards.")
    regions: list[Region] = Field(default_factory=list, description="Whose emergency and help lines cards show.")
    consent: ConsentSettings = Field(default_factory=ConsentSettings, description="Ground for reading posts.")
    moderators: ModeratorSettings = Field(description="The queue.")
    admins: RoleSettings = Field(default_factory=RoleSettings, description="Who may use the admin commands.")
    on_call: RoleSettings = Field(default_factory=RoleSettings, description="Whom an emergency pings.")
    cool_down_hours: float = Field(24, ge=0, description="One card per member and topic in this time.")
    moderator_answer_minutes: float = Field(
        10, ge=0, description="No card when a moderator answered the member this recently."
    )
    max_reply_age_hours: float = Field(12, gt=0, description="Older posts get no public card.")
    crisis_card_minutes: float = Field(
        10, ge=0, description="The crisis-line card follows an unclaimed crisis case after this."
    )
    claim_minutes: float = Field(20, gt=0, description="An unfinished claim returns to the queue after this.")
    channels: list[ChannelSettings] = Field(default_factory=list, description="Channels and their modes.")

    @model_validator(mode="after")
    def _channels_once(self) -> "CommunitySettings":
        ids = [channel.id for channel in self.channels]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"channels {twice} are listed twice: keep one entry each")
        if self.moderators.channel in ids:
            raise ValueError(
                f"channel {self.moderators.channel} is the moderators' channel and cannot be watched: remove it"
            )
        return self


class LogSettings(_Section):
    """Structured logs on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is written.")
    format: Literal["console", "json"] = Field("console", description="For people, or for machines.")


class Settings(_Section):
    """The whole of `config.yaml`."""

    discord: DiscordSettings = Field(default_factory=DiscordSettings, description="Where Discord is.")
    database: DatabaseSettings = Field(default_factory=DatabaseSettings, description="The database.")
    model: ModelSettings = Field(default_factory=ModelSettings, description="The classifier.")
    answers: AnswerSettings = Field(default_factory=AnswerSettings, description="What the bot may say.")
    catch_up: CatchUpSettings = Field(default_factory=CatchUpSettings, description="Reading what was missed.")
    retention: RetentionSettings = Field(default_factory=RetentionSettings, description="How long rows are kept.")
    log: LogSettings = Field(default_factory=LogSettings, description="Logs.")
    communities: list[CommunitySettings] = Field(default_factory=list, description="The servers that the bot serves.")

    @model_validator(mode="after")
    def _guilds_once(self) -> "Settings":
        ids = [community.guild_id for community in self.communities]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"guilds {twice} are listed twice: keep one entry each")
        return self

    def directory(self) -> Directory:
        """The communities as the core knows them."""
        return Directory(by_guild={GuildId(one.guild_id): _community(one) for one in self.communities})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Secrets:
    """What the environment holds and no file may: never logged, never shown."""

    discord_token: str | None
    notes_key: str | None
    database_url: str | None


def load_secrets(environment: Mapping[str, str] | None = None) -> Secrets:
    """Read `DISCORD_TOKEN`, `AFTERCARE_NOTES_KEY` and `AFTERCARE_DATABASE_URL`; empty ones count as absent."""
    source = os.environ if environment is None else environment
    return Secrets(
        discord_token=source.get("DISCORD_TOKEN", "").strip() or None,
        notes_key=source.get("AFTERCARE_NOTES_KEY", "").strip() or None,
        database_url=source.get("AFTERCARE_DATABASE_URL", "").strip() or None,
    )


def load_settings(path: Path) -> Settings:
    """Read and validate a configuration file; raises `ConfigError` with every problem."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError([f"{path}: no such file; expected the configuration there: copy config.yaml"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read ({error}); expected a UTF-8 text file"]) from None
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = "" if where is None else f":{where.line + 1}"
        raise ConfigError(
            [f"{path}{line}: is not valid YAML; expected keys and values: check the indentation"]
        ) from None
    return parse_settings({} if raw is None else raw, origin=str(path))


def parse_settings(raw: object, *, origin: str) -> Settings:
    """Validate what a configuration file held; raises `ConfigError` with every problem."""
    if not isinstance(raw, dict):
        raise ConfigError([f"{origin}: holds a {type(raw).__name__}; expected keys such as `communities:`"])
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise ConfigError([_sentence(problem, origin) for problem in error.errors()]) from None


def _sentence(problem: Mapping[str, Any], origin: str) -> str:
    """One problem as: where, what was found, what was expected, the nearest valid name."""
    path = ".".join(str(part) for part in problem["loc"]) or "the file"
    match problem["type"]:
        case "extra_forbidden":
            known = _known_names(problem["loc"])
            near = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"expected one of: {', '.join(known)}"
            return f"{origin}: {path}: is not a setting; {hint}"
        case "missing":
            return f"{origin}: {path}: is missing; expected a value there"
        case "enum" | "literal_error":
            expected = problem["ctx"]["expected"]
            words = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
            near = difflib.get_close_matches(str(problem["input"]), words, n=1)
            hint = f" (did you mean `{near[0]}`?)" if near else ""
            return f"{origin}: {path}: is {problem['input']!r}; expected {expected}{hint}"
        case "value_error":
            # A rejected database address may hold a password, so it is never repeated.
            quotable = not isinstance(problem["input"], dict) and problem["loc"][-1:] != ("url",)
            found = f"is {problem['input']!r}; " if quotable else ""
            return f"{origin}: {path}: {found}{problem['ctx']['error']}"
        case _:
            return f"{origin}: {path}: is {problem['input']!r}; {problem['msg'].lower()}"


def _known_names(location: tuple[str | int, ...]) -> list[str]:
    """Names that exist where an unknown one was found."""
    model: type[BaseModel] = Settings
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        for candidate in _models_of(model.model_fields[part].annotation):
            model = candidate
    return sorted(model.model_fields)


def _models_of(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_of(inner)]


def _community(settings: CommunitySettings) -> Community:
    default = _rules(settings, mode=Mode.ON_REQUEST, channel=None)
    return Community(
        guild_id=GuildId(settings.guild_id),
        name=settings.name,
        language=settings.language,
        regions=tuple(settings.regions),
        moderators_channel=ChannelId(settings.moderators.channel),
        moderators_role=RoleId(settings.moderators.role),
        admins_role=None if settings.admins.role is None else RoleId(settings.admins.role),
        on_call_role=None if settings.on_call.role is None else RoleId(settings.on_call.role),
        default_rules=default,
        claim_ttl=timedelta(minutes=settings.claim_minutes),
        channels={
            ChannelId(channel.id): _rules(settings, mode=channel.mode, channel=channel) for channel in settings.channels
        },
    )


def _rules(settings: CommunitySettings, *, mode: Mode, channel: ChannelSettings | None) -> ChannelRules:
    own_cool_down = None if channel is None else channel.cool_down_hours
    consent_role = settings.consent.role
    return ChannelRules(
        mode=mode,
        consent=settings.consent.kind,
        consent_role=None if consent_role is None else RoleId(consent_role),
        cool_down=timedelta(hours=settings.cool_down_hours if own_cool_down is None else own_cool_down),
        moderator_answer_window=timedelta(minutes=settings.moderator_answer_minutes),
        crisis_card_after=timedelta(minutes=settings.crisis_card_minutes),
        flag_threshold=None if channel is None else channel.flag_threshold,
        max_reply_age=timedelta(hours=settings.max_reply_age_hours),
    )
