"""A member's rights: opt out, see everything that is kept, have it erased.

Knows nothing of Discord; the answers are given privately by the gateway.
"""

import json

import structlog

from bot.core.errors import DeliveryDelayed, DeliveryError
from bot.core.ports import Clock, Messenger, Store
from bot.core.posts import GuildId, UserId

log = structlog.get_logger(__name__)


class Privacy:
    """What `/privacy` and `aftercare privacy` do."""

    def __init__(self, *, store: Store, clock: Clock, messenger: Messenger | None) -> None:
        """`messenger` is None where the bot is not connected (the command line): its messages then stay on Discord."""
        self._store = store
        self._messenger = messenger
        self._clock = clock

    async def opt_out(self, guild_id: GuildId, user_id: UserId, *, out: bool) -> None:
        """Stop, or resume, reading a member's posts in one community."""
        async with self._store.transaction() as tx:
            await tx.members.set_opt_out(guild_id, user_id, out=out, now=self._clock())

    async def export(self, user_id: UserId) -> bytes:
        """Everything tied to a member, as indented JSON."""
        async with self._store.transaction(read_only=True) as tx:
            rows = await tx.members.export(user_id)
        return json.dumps(rows, indent=2, sort_keys=True, default=str).encode()

    async def erase(self, user_id: UserId) -> int:
        """Remove or detach everything tied to a member, on disk too; returns how many rows it was.

        Raises `DeliveryDelayed`, with nothing erased, when Discord does not take the bot's messages down just now.
        """
        await self._take_down(user_id)
        async with self._store.transaction() as tx:
            removed = await tx.members.erase(user_id)
            await tx.audit.add(
                at=self._clock(), actor=None, what="privacy_erase", case_id=None, was="", outcome=f"{removed} rows"
            )
        await self._store.scrub()
        log.info("member erased", action="privacy_erase", removed=removed)
        return removed

    async def _take_down(self, user_id: UserId) -> None:
        """Delete the bot's messages that show or answer what the member wrote, while it is still known which."""
        if self._messenger is None:
            return
        async with self._store.transaction(read_only=True) as tx:
            shown = await tx.members.shown(user_id)
        for one in shown:
            try:
                await self._messenger.remove(
                    guild_id=one.guild_id, channel_id=one.channel_id, message_id=one.message_id
                )
            except DeliveryDelayed:
                # Erasing the rows now would forget which message is left: nothing is erased until Discord answers.
                raise
            except DeliveryError as error:
                log.error("message stays", action="privacy_erase", error=str(error), message_id=one.message_id)
