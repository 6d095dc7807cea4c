"""Which missing permissions, channels and roles are named, and how."""

from dataclasses import replace

from bot.core.posts import GuildId
from bot.gateway.permissions import missing_permissions
from tests.discord.gateway.world import World


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
