"""The form behind Resolve: a verdict and a reason. Keeps no state, so it can be sent in after a restart."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import discord

from bot.core.authority import Deed
from bot.core.cases import CaseId, Refusal, Verdict
from bot.core.posts import UserId
from bot.gateway.admission import admit, answering, tell
from bot.gateway.ports import ports_of

FORM = re.compile(r"ac:verdict:(?P<case_id>[0-9]{1,18})")
VERDICTS = {
    Verdict.CONFIRMED: "Confirmed: it was what it looked like",
    Verdict.UNDER_CARE: "Already under care",
    Verdict.FALSE_ALARM: "False alarm: nothing of the kind",
    Verdict.DUPLICATE: "Duplicate of another case",
    Verdict.OTHER: "Something else",
}
SHORTEST_REASON, LONGEST_REASON = 3, 500
ASKED_FOR = "One short sentence in your own words; no names, nothing quoted."
NOT_KEPT = "One short sentence in your own words. It is not kept: the bot has no key for notes."
"""At most 100 characters each (Discord reference, "Label")."""


async def show_form(interaction: discord.Interaction[Any], case_id: CaseId) -> None:
    """Ask for a verdict and its reason."""
    form = discord.ui.Modal(title=f"Resolve case {case_id}", custom_id=f"ac:verdict:{case_id}", timeout=None)
    choices = [discord.SelectOption(label=label, value=verdict.value) for verdict, label in VERDICTS.items()]
    form.add_item(
        discord.ui.Label(
            text="Verdict",
            description="A false alarm takes the bot's answer back.",
            component=discord.ui.Select(custom_id="verdict", options=choices),
        )
    )
    form.add_item(
        discord.ui.Label(
            text="Reason",
            description=ASKED_FOR if ports_of(interaction).services.keeps_notes else NOT_KEPT,
            component=discord.ui.TextInput(
                custom_id="reason",
                style=discord.TextStyle.paragraph,
                min_length=SHORTEST_REASON,
                max_length=LONGEST_REASON,
            ),
        )
    )
    # A stopped form is not kept by the client: two people can fill it in at once, and a restart loses neither.
    form.stop()
    await interaction.response.send_modal(form)


async def take_form(interaction: discord.Interaction[Any], match: re.Match[str]) -> None:
    """Resolve the case that a sent-in form names."""
    case_id = CaseId(int(match["case_id"]))
    async with answering(interaction):
        community = await admit(interaction, Deed.RESOLVE, case_id=case_id)
        if community is None:
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        given = dict(_controls(interaction.data or {}))
        try:
            verdict = Verdict(given.get("verdict", ""))
        except ValueError:
            await tell(interaction, "The form named no verdict that exists. Press Resolve again.")
            return
        outcome = await ports_of(interaction).services.resolve(
            community.guild_id,
            case_id,
            by=UserId(interaction.user.id),
            verdict=verdict,
            reason=given.get("reason", ""),
        )
        if isinstance(outcome, Refusal):
            await tell(interaction, refused(outcome))
        else:
            await tell(interaction, f"Case {case_id} is resolved. Thank you.")


def refused(outcome: Refusal) -> str:
    """A refusal as its reader sees it, with the holder where somebody else has the case."""
    return outcome.sentence if outcome.holder is None else f"{outcome.sentence} It is with <@{outcome.holder}>."


def _controls(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Walk a form's payload down to its controls: id and what was chosen or typed."""
    if "custom_id" in node and ("values" in node or "value" in node):
        values = node.get("values")
        yield node["custom_id"], str(values[0]) if values else str(node.get("value") or "")
    children = [*node.get("components", ()), *([node["component"]] if "component" in node else ())]
    for child in children:
        yield from _controls(child)
