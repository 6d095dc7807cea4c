"""Does on Discord what an effect says: sends, redraws, deletes, looks; decides nothing and retries nothing."""

from collections.abc import AsyncIterator

import discord
import structlog

from bot.core.answers import MemberCard
from bot.core.communities import Directory
from bot.core.effects import Effect, EffectKind
from bot.core.errors import DeliveryError, DeliveryRefused
from bot.core.ports import AnswerLibrary, CaseBrief
from bot.core.posts import ChannelId, GuildId, MessageId, Origin, Post, RoleId
from bot.gateway.buttons import card_view, case_view
from bot.gateway.case_cards import case_embeds, case_line_above
from bot.gateway.delivery import Place, delivering, demand, find_place, needed_to_send
from bot.gateway.member_cards import member_embed
from bot.gateway.permissions import can_ping
from bot.gateway.translate import Translator, place_of

log = structlog.get_logger(__name__)

LOOK_BACK = 100
"""Messages searched, at each end of the time since the post, for a card whose sending was interrupted."""

NOT_PINGED = "Nobody was pinged. Please tell the others yourself; an admin finds the cause with `/check`."


class DiscordMessenger:
    """The `Messenger` port over a discord.py client."""

    def __init__(self, client: discord.Client, *, directory: Directory, library: AnswerLibrary) -> None:
        self._client = client
        self._library = library
        self._directory = directory
        self._translator = Translator(client, directory=directory)

    async def send_member_card(self, effect: Effect, card: MemberCard) -> MessageId:
        """Reply to the member's post with a card and its three buttons, pinging nobody."""
        place = await find_place(self._client, effect.guild_id, effect.channel_id)
        demand(place, needed_to_send(place, reply=True))
        source = discord.MessageReference(
            message_id=effect.message_id, channel_id=place.id, guild_id=effect.guild_id, fail_if_not_exists=True
        )
        with delivering(f"the card below post {effect.message_id}"):
            sent = await place.send(
                embed=member_embed(card),
                view=card_view(self._library, self._directory.get(effect.guild_id)),
                reference=source,
                mention_author=False,
                allowed_mentions=discord.AllowedMentions.none(),
                nonce=effect.nonce,
            )
        return MessageId(sent.id)

    async def send_case_card(self, effect: Effect, brief: CaseBrief) -> MessageId:
        """Post a case in the moderators' channel, pinging the on-call role if the brief names it; an old card goes."""
        place = await find_place(self._client, effect.guild_id, effect.channel_id)
        demand(place, needed_to_send(place, reply=False))
        with delivering(f"the card of case {brief.case.case_id}"):
            sent = await place.send(
                content="\n".join(filter(None, [self._ping(place, brief.ping_role), case_line_above(brief.case)])),
                embeds=case_embeds(brief, stamp=effect.nonce),
                view=case_view(brief.case) or discord.utils.MISSING,
                allowed_mentions=_only(brief.ping_role),
                nonce=effect.nonce,
            )
        await self._delete_old_card(effect, brief, new=sent.id)
        return MessageId(sent.id)

    async def refresh_case_card(self, effect: Effect, brief: CaseBrief) -> None:
        """Redraw a case card where it stands, pinging nobody; nothing to do while the case has none."""
        case = brief.case
        if case.card_channel_id is None or case.card_message_id is None:
            return
        place = await find_place(self._client, effect.guild_id, case.card_channel_id)
        with delivering(f"redrawing the card of case {case.case_id}"):
            card = discord.utils.get(self._client.cached_messages, id=case.card_message_id)
            card = card or await place.fetch_message(case.card_message_id)
            await card.edit(
                content="\n".join([*_ping_lines(card), case_line_above(case)]),
                embeds=case_embeds(brief),
                view=case_view(case),
                allowed_mentions=discord.AllowedMentions.none(),
            )

    async def withdraw_member_card(self, effect: Effect, card_message_id: MessageId) -> None:
        """Delete a card that the bot sent; done when it, or its channel, is already gone."""
        await self.remove(guild_id=effect.guild_id, channel_id=effect.channel_id, message_id=card_message_id)

    async def remove(self, *, guild_id: GuildId, channel_id: ChannelId, message_id: MessageId) -> None:
        """Delete a message of the bot; done when it, or its channel, is already gone."""
        try:
            place = await find_place(self._client, guild_id, channel_id)
        except DeliveryRefused as error:
            if isinstance(error.__cause__, discord.NotFound):
                return
            raise
        with delivering(f"withdrawing message {message_id}"):
            try:
                await place.get_partial_message(message_id).delete()
            except discord.NotFound:
                return

    async def find_sent(self, effect: Effect) -> MessageId | None:
        """Look among the bot's own messages since the post whether an interrupted attempt arrived."""
        place = await find_place(self._client, effect.guild_id, effect.channel_id)
        with delivering(f"looking for what post {effect.message_id} caused"):
            async for message in self._own_messages(place, since=effect.message_id):
                if _is_of(effect, message):
                    return MessageId(message.id)
        return None

    async def fetch_post(self, *, guild_id: GuildId, channel_id: ChannelId, message_id: MessageId) -> Post | None:
        """Read one post with its context; None when it is gone or is no member's post."""
        message = discord.utils.get(self._client.cached_messages, id=message_id)
        if message is None:
            try:
                place = await find_place(self._client, guild_id, channel_id)
                with delivering(f"reading post {message_id}"):
                    message = await place.fetch_message(message_id)
            except DeliveryRefused:
                return None
        where = place_of(message.channel)
        if where is None or where.guild_id != guild_id or where.channel_id != channel_id:
            return None
        return await self._translator.post(message, origin=Origin.LIVE, place=where)

    async def _own_messages(self, place: Place, *, since: MessageId) -> AsyncIterator[discord.Message]:
        """The bot's messages right after a post, then, where many followed, the newest ones."""
        me = self._client.user
        after = discord.Object(since)
        seen = 0
        async for message in place.history(limit=LOOK_BACK, after=after, oldest_first=True):
            seen += 1
            if me is not None and message.author.id == me.id:
                yield message
        if seen < LOOK_BACK:
            return
        async for message in place.history(limit=LOOK_BACK, after=after, oldest_first=False):
            if me is not None and message.author.id == me.id:
                yield message

    async def _delete_old_card(self, effect: Effect, brief: CaseBrief, *, new: int) -> None:
        """Remove the card that the new one replaces; a failure is logged, for the new card has already been sent."""
        case = brief.case
        if case.card_channel_id is None or case.card_message_id is None or case.card_message_id == new:
            return
        try:
            place = await find_place(self._client, effect.guild_id, case.card_channel_id)
            with delivering(f"removing the old card of case {case.case_id}"):
                await place.get_partial_message(case.card_message_id).delete()
        except DeliveryError as error:
            log.warning("old card stays", action="delete_card", error=str(error), case_id=case.case_id)

    def _ping(self, place: Place, role_id: RoleId | None) -> str | None:
        """The line that pings the on-call role, and says so when Discord would not let it."""
        if role_id is None:
            return None
        role = place.guild.get_role(role_id)
        if role is None or not can_ping(place, role):
            log.error("on-call cannot be pinged", action="ping", guild_id=place.guild.id, role_id=role_id)
            return f"{NOT_PINGED} (<@&{role_id}>)"
        return f"<@&{role_id}>"


def _only(role_id: RoleId | None) -> discord.AllowedMentions:
    """Let a message ping this one role and nobody else."""
    roles = False if role_id is None else [discord.Object(role_id)]
    return discord.AllowedMentions(everyone=False, users=False, roles=roles, replied_user=False)


def _ping_lines(card: discord.Message) -> list[str]:
    """What a case card said about its ping when it was sent: a redrawn one repeats it, for it tells what was done."""
    return [line for line in card.content.splitlines() if "<@&" in line]


def _is_of(effect: Effect, message: discord.Message) -> bool:
    """Is this message of the bot what the effect was to send?"""
    if effect.kind is EffectKind.MEMBER_CARD:
        return message.reference is not None and message.reference.message_id == effect.message_id
    if not message.embeds:
        return False
    footer = (message.embeds[0].footer.text or "").split(" · ")
    return f"case {effect.case_id}" in footer and effect.nonce in footer
