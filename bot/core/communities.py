"""A community as its configuration describes it: channels with their rules, the moderators, who is on call, regions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.core.policy import ChannelRules, Mode
from bot.core.posts import ChannelId, GuildId, RoleId


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """One Discord server that invited the bot."""

    guild_id: GuildId
    name: str
    language: str
    regions: tuple[str, ...]
    moderators_channel: ChannelId
    moderators_role: RoleId
    admins_role: RoleId | None
    on_call_role: RoleId | None
    default_rules: ChannelRules
    claim_ttl: timedelta
    """An unfinished claim returns to the queue after this long."""
    channels: Mapping[ChannelId, ChannelRules] = field(default_factory=dict)

    def rules_for(self, watched_id: ChannelId) -> ChannelRules:
        """Rules of a configured channel; elsewhere the bot acts on request only."""
        configured = self.channels.get(watched_id)
        return configured or replace(self.default_rules, mode=Mode.ON_REQUEST)

    def watches(self, watched_id: ChannelId) -> bool:
        """Does the bot read this channel without being asked?"""
        rules = self.channels.get(watched_id)
        return rules is not None and rules.mode.watches


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All communities, by guild."""

    by_guild: Mapping[GuildId, Community]

    def get(self, guild_id: GuildId) -> Community | None:
        """The community of a guild, or None where the bot was invited but never set up."""
        return self.by_guild.get(guild_id)

    @property
    def watches_anything(self) -> bool:
        """Does any channel need the message-content intent?"""
        return any(rules.mode.watches for c in self.by_guild.values() for rules in c.channels.values())
