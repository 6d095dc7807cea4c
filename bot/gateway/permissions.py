"""Which permissions the bot lacks where, as sentences for `/check` and `aftercare check`; grants and sends nothing."""

import discord

from bot.core.communities import Community, Directory
from bot.core.policy import Consent, Mode
from bot.core.posts import ChannelId, RoleId
from bot.gateway.delivery import NAMES, missing

READING = ("view_channel", "read_message_history")
ANSWERING = ("send_messages", "send_messages_in_threads", "embed_links")
QUEUE = ("view_channel", "send_messages", "embed_links", "read_message_history")


def missing_permissions(client: discord.Client, directory: Directory) -> list[str]:
    """Name everything that the bot cannot see, may not do, or no longer finds, per configured community."""
    problems: list[str] = []
    for community in directory.by_guild.values():
        problems.extend(missing_in(client, community))
    return problems


def missing_in(client: discord.Client, community: Community) -> list[str]:
    """The same for one community."""
    guild = client.get_guild(community.guild_id)
    if guild is None:
        return [f"guild {community.guild_id}: the bot is not a member; invite it, or remove the community from config"]
    problems: list[str] = []
    for channel_id, rules in community.channels.items():
        if rules.mode is Mode.OFF:
            continue
        # A channel that is not listed answers on request too; what is missing there is said when it is asked.
        answers = rules.mode is not Mode.SHADOW
        needed = (*READING, *(ANSWERING if answers else ()))
        problems.extend(_in_channel(guild, channel_id, needed, where="channel"))
    problems.extend(_in_channel(guild, community.moderators_channel, QUEUE, where="moderators' channel"))
    problems.extend(_roles(guild, community))
    return problems


def unsafe_queues(client: discord.Client, directory: Directory) -> list[str]:
    """Name moderators' channels that cannot hold case cards, or that others can read."""
    return [problem for community in directory.by_guild.values() for problem in unsafe_queue(client, community)]


def unsafe_queue(client: discord.Client, community: Community) -> list[str]:
    """Case cards show what members wrote, so their channel must hold messages and be closed to everyone else."""
    guild = client.get_guild(community.guild_id)
    channel = None if guild is None else guild.get_channel_or_thread(community.moderators_channel)
    if guild is None or channel is None:
        return []
    named = f"guild {guild.id}, moderators' channel {channel.id}"
    if not isinstance(channel, discord.TextChannel | discord.Thread):
        return [f"{named}: is a {type(channel).__name__}; expected a text channel: choose another one"]
    if channel.permissions_for(guild.default_role).view_channel:
        return [
            f"{named}: everyone can read it, and case cards show what members wrote; close it to all but moderators"
        ]
    return []


def _in_channel(guild: discord.Guild, channel_id: ChannelId, needed: tuple[str, ...], *, where: str) -> list[str]:
    channel = guild.get_channel_or_thread(channel_id)
    named = f"guild {guild.id}, {where} {channel_id}"
    if channel is None:
        return [f"{named}: not found; it was deleted, or the bot lacks '{NAMES['view_channel']}' there"]
    return [f"{named}: the bot lacks '{name}'; grant it in the channel's settings" for name in missing(channel, needed)]


def _roles(guild: discord.Guild, community: Community) -> list[str]:
    problems: list[str] = []
    configured = {
        "moderators' role": community.moderators_role,
        "admins' role": community.admins_role,
        "on-call role": community.on_call_role,
        **_consent_roles(community),
    }
    for what, role_id in configured.items():
        if role_id is not None and guild.get_role(role_id) is None:
            problems.append(f"guild {guild.id}, {what} {role_id}: not found; choose a role that exists")
    on_call = None if community.on_call_role is None else guild.get_role(community.on_call_role)
    channel = guild.get_channel_or_thread(community.moderators_channel)
    if on_call is not None and channel is not None and not can_ping(channel, on_call):
        problems.append(
            f"guild {guild.id}, moderators' channel {community.moderators_channel}: the on-call role {on_call.id}"
            f" cannot be pinged; allow anyone to mention the role, or grant the bot '{NAMES['mention_everyone']}'"
        )
    return problems


def _consent_roles(community: Community) -> dict[str, RoleId | None]:
    """Roles by which members consent, each once, where the channel's rules ask for one."""
    rules = {"consent role": community.default_rules}
    rules |= {f"channel {channel_id}, consent role": given for channel_id, given in community.channels.items()}
    asked = {
        what: given.consent_role
        for what, given in rules.items()
        if given.mode is not Mode.OFF and given.consent is Consent.OPT_IN
    }
    general = asked.get("consent role")
    return {what: role for what, role in asked.items() if what == "consent role" or role != general}


def can_ping(channel: discord.abc.GuildChannel | discord.Thread, role: discord.Role) -> bool:
    """Would a mention of this role reach the people who hold it?"""
    return role.mentionable or not missing(channel, ["mention_everyone"])
