"""Which missing permissions, channels and roles are named, and how."""

from dataclasses import replace

from bot.core.policy import Consent, Mode
from bot.core.posts import ChannelId, GuildId, RoleId
from bot.gateway.permissions import missing_permissions, unsafe_queues
from tests.discord.gateway.world import World, rules


async def test_nothing_is_missing_in_a_community_that_is_set_up_well(world: World) -> None:
    """No news is good news."""
    assert missing_permissions(world.env.bot, world.directory) == []


async def test_every_missing_permission_is_named_per_channel(world: World) -> None:
    """With the channel, the permission's name in Discord's settings, and what to do."""
    await world.deny(world.patients, embed_links=True, send_messages_in_threads=True)
    await world.deny(world.forum, read_message_history=True)
    await world.deny(world.queue, send_messages=True, mention_everyone=True)

    problems = missing_permissions(world.env.bot, world.directory)

    guild = world.guild.id
    mend = "grant it in the channel's settings"
    assert problems == [
        f"guild {guild}, channel {world.patients.id}: the bot lacks 'Send Messages in Threads'; {mend}",
        f"guild {guild}, channel {world.patients.id}: the bot lacks 'Embed Links'; {mend}",
        f"guild {guild}, channel {world.forum.id}: the bot lacks 'Read Message History'; {mend}",
        f"guild {guild}, moderators' channel {world.queue.id}: the bot lacks 'Send Messages'; {mend}",
    ]


async def test_channels_roles_and_guilds_that_are_gone_are_named(world: World) -> None:
    """They may disappear at any time."""
    world.env.backend.delete_channel(world.patients.id)
    world.env.backend.delete_role(world.guild.id, world.on_call.id)
    community = world.communities[world.guild_id]
    world.communities[GuildId(5)] = replace(community, guild_id=GuildId(5))

    problems = missing_permissions(world.env.bot, world.directory)

    assert len(problems) == 3
    assert f"channel {world.patients.id}: not found" in problems[0]
    assert f"on-call role {world.on_call.id}: not found" in problems[1]
    assert problems[2].startswith("guild 5: the bot is not a member")


async def test_a_listed_on_request_channel_needs_what_answering_needs(world: World) -> None:
    """It answers who asks; a channel that is not listed is not looked at."""
    world.configure(patients=rules(Mode.ON_REQUEST))
    await world.deny(world.patients, embed_links=True)
    await world.deny(world.offtopic, view_channel=True)

    [problem] = missing_permissions(world.env.bot, world.directory)

    assert f"channel {world.patients.id}: the bot lacks 'Embed Links'" in problem


async def test_a_consent_role_that_is_gone_is_named_once_per_role(world: World) -> None:
    """Without it nobody's posts would be read, and nobody would be told."""
    general, own = RoleId(404), RoleId(405)
    asks = rules(Mode.SHADOW, consent=Consent.OPT_IN, consent_role=general)
    world.configure(patients=asks, forum=replace(asks, consent_role=own))
    world.communities[world.guild_id] = replace(world.communities[world.guild_id], default_rules=asks)

    problems = missing_permissions(world.env.bot, world.directory)

    guild, mend = world.guild.id, "not found; choose a role that exists"
    assert problems == [
        f"guild {guild}, consent role 404: {mend}",
        f"guild {guild}, channel {world.forum.id}, consent role 405: {mend}",
    ]


async def test_a_consent_role_that_nobody_asks_for_is_not_missed(world: World) -> None:
    """Where posts are read on notice it has no meaning."""
    world.configure(patients=rules(Mode.AUTO, consent_role=RoleId(404)))

    assert missing_permissions(world.env.bot, world.directory) == []


async def test_a_queue_that_everyone_can_read_is_named(world: World) -> None:
    """Case cards show what members wrote."""
    (problem,) = unsafe_queues(world.env.bot, world.directory)

    assert f"moderators' channel {world.queue.id}: everyone can read it" in problem


async def test_a_queue_that_holds_no_messages_is_named(world: World) -> None:
    """A forum passes every permission check, and takes no card."""
    community = world.communities[world.guild_id]
    world.communities[world.guild_id] = replace(community, moderators_channel=ChannelId(world.forum.id))

    (problem,) = unsafe_queues(world.env.bot, world.directory)

    assert "is a ForumChannel; expected a text channel" in problem
