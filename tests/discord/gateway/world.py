"""A small simulated community, with the real client, messenger and backlog in it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import discord
from simcord import Env
from simcord.actors import MemberActor
from simcord.backend.models import Overwrite
from simcord.builders import ChannelHandle, GuildHandle, RoleHandle
from simcord.enums import OverwriteType
from simcord.results import InteractionResult

from bot.core.communities import Community, Directory
from bot.core.effects import Effect, EffectId, EffectKind
from bot.core.policy import ChannelRules, Consent, Mode
from bot.core.posts import ChannelId, GuildId, MessageId, RoleId
from bot.gateway.backlog import DiscordBacklog
from bot.gateway.client import AftercareClient
from bot.gateway.messenger import DiscordMessenger
from tests.discord.gateway.facade import Facade, Library


def rules(mode: Mode, *, consent: Consent = Consent.NOTICE, consent_role: RoleId | None = None) -> ChannelRules:
    """Rules of a channel."""
    return ChannelRules(
        mode=mode,
        consent=consent,
        consent_role=consent_role,
        cool_down=timedelta(hours=24),
        moderator_answer_window=timedelta(minutes=30),
        crisis_card_after=timedelta(minutes=10),
    )


@dataclass(kw_only=True)
class World:
    """One guild as the tests know it."""

    env: Env
    guild: GuildHandle
    patients: ChannelHandle
    forum: ChannelHandle
    offtopic: ChannelHandle
    queue: ChannelHandle
    moderators: RoleHandle
    admins: RoleHandle
    on_call: RoleHandle
    consented: RoleHandle
    member: MemberActor
    other: MemberActor
    moderator: MemberActor
    second: MemberActor
    admin: MemberActor
    services: Facade = field(default_factory=Facade)
    library: Library = field(default_factory=Library)
    communities: dict[GuildId, Community] = field(default_factory=dict)

    @property
    def guild_id(self) -> GuildId:
        """The community's guild."""
        return GuildId(self.guild.id)

    @property
    def directory(self) -> Directory:
        """All communities."""
        return Directory(by_guild=self.communities)

    @property
    def messenger(self) -> DiscordMessenger:
        """The messenger over the running client."""
        return DiscordMessenger(self.env.bot, directory=self.directory, library=self.library)

    @property
    def backlog(self) -> DiscordBacklog:
        """The backlog over the running client."""
        return DiscordBacklog(self.env.bot, directory=self.directory)

    def new_client(self) -> AftercareClient:
        """A client as the app would build it."""
        return AftercareClient(
            directory=self.directory, library=self.library, clock=self.env.now, services=self.services
        )

    def configure(self, **channels: ChannelRules) -> None:
        """Set the rules of channels by their field names."""
        self.communities[self.guild_id] = Community(
            guild_id=self.guild_id,
            name="A community",
            language="en",
            regions=("uk",),
            moderators_channel=ChannelId(self.queue.id),
            moderators_role=RoleId(self.moderators.id),
            admins_role=RoleId(self.admins.id),
            on_call_role=RoleId(self.on_call.id),
            default_rules=rules(Mode.SHADOW),
            claim_ttl=timedelta(minutes=30),
            channels={ChannelId(getattr(self, name).id): given for name, given in channels.items()},
        )

    def effect(
        self, kind: EffectKind, *, message_id: int, channel: ChannelHandle, effect_id: int = 41, **changed: object
    ) -> Effect:
        """An effect on this guild."""
        given: dict[str, object] = {
            "message_id": MessageId(message_id),
            "action": kind.value,
            "kind": kind,
            "guild_id": self.guild_id,
            "channel_id": ChannelId(channel.id),
            "not_before": self.now(),
            "effect_id": EffectId(effect_id),
        }
        return Effect(**{**given, **changed})  # type: ignore[arg-type]

    def now(self) -> datetime:
        """The simulated present."""
        return self.env.now()

    async def deny(self, channel: ChannelHandle, **denied: bool) -> None:
        """Take permissions of a channel away from the bot."""
        me = self.guild.me
        assert me is not None
        allow, deny = discord.PermissionOverwrite(**{name: not taken for name, taken in denied.items()}).pair()
        self.env.backend.set_overwrite(
            channel.id, Overwrite(target_id=me.id, type=OverwriteType.MEMBER, allow=allow.value, deny=deny.value)
        )
        await self.env.settle()

    async def close_queue(self) -> None:
        """Let nobody but the bot (and whoever is given the right) see the moderators' channel."""
        assert self.guild.me is not None
        view = discord.Permissions(view_channel=True).value
        for target, kind, allow, deny in (
            (self.guild.default_role.id, OverwriteType.ROLE, 0, view),
            (self.guild.me.id, OverwriteType.MEMBER, view, 0),
            (self.admins.id, OverwriteType.ROLE, view, 0),
        ):
            self.env.backend.set_overwrite(
                self.queue.id, Overwrite(target_id=target, type=kind, allow=allow, deny=deny)
            )
        await self.env.settle()

    async def thread(self, parent: ChannelHandle, *, opening: str | None = None) -> ChannelHandle:
        """A public thread; with an opening it is a forum post, whose first message carries the thread's own id."""
        backend = self.env.backend
        thread = backend.create_thread(parent.id, "a thread", self.member.id)
        if opening is not None:
            first = backend.prepare_message(thread.id, self.member.id, opening)
            first.id = thread.id
            backend.commit_message(first)
        await self.env.settle()
        return ChannelHandle(self.env, self.guild, thread)


def build(env: Env) -> World:
    """Set the community up before the bot arrives."""
    guild = env.create_guild("A community")
    moderators, admins = guild.create_role("Moderators"), guild.create_role("Admins")
    on_call, consented = guild.create_role("On call", mentionable=True), guild.create_role("Consented")
    world = World(
        env=env,
        guild=guild,
        patients=guild.create_text_channel("patients"),
        forum=guild.create_forum_channel("stories"),
        offtopic=guild.create_text_channel("off-topic"),
        queue=guild.create_text_channel("queue"),
        moderators=moderators,
        admins=admins,
        on_call=on_call,
        consented=consented,
        member=guild.add_member(env.create_user("member")),
        other=guild.add_member(env.create_user("other")),
        moderator=guild.add_member(env.create_user("moderator"), roles=[moderators]),
        second=guild.add_member(env.create_user("second"), roles=[moderators]),
        admin=guild.add_member(env.create_user("admin"), roles=[admins]),
    )
    world.configure(patients=rules(Mode.AUTO), forum=rules(Mode.SHADOW))
    return world


def answer(result: InteractionResult) -> str:
    """What the one who pressed was told, privately and exactly once; silence and two answers alike fail."""
    assert result.acknowledged, "the interaction was left without an answer"
    assert result.ephemeral, "the answer was public"
    assert not result.followups, f"answered more than once: {result.followups}"
    assert result.response is not None, "deferred, but never answered"
    told = result.response
    return "\n".join([told.content, *(f"{e.title}\n{e.description}" for e in told.embeds)]).strip()
