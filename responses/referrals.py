"""Whom people can call, by region: reads `referrals.yaml` and renders lines that hold verified contacts only.

Never guesses a region and never renders an unverified number.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.core.topics import Topic
from responses.findings import Finding, nearest
from responses.located_yaml import model_findings, read_located

FILE = "referrals.yaml"
_LONE_111 = re.compile(r"(?<!NHS )(?<!\d)(?<!\d )111(?! ?\d)")


class Region(StrEnum):
    """Regions that a community can name; `unknown` gets the neutral emergency line only."""

    UK = "uk"
    IE = "ie"
    US = "us"
    CA = "ca"
    AU = "au"
    NZ = "nz"
    DE = "de"
    AT = "at"
    EU = "eu"
    UNKNOWN = "unknown"


class ContactKind(StrEnum):
    """What a contact is for."""

    EMERGENCY = "emergency"
    URGENT_CARE = "urgent_care"
    CRISIS = "crisis"
    MS_ORGANISATION = "ms_organisation"


_NEW_ZEALANDS_111 = (Region.NZ, ContactKind.EMERGENCY, "111")
"""The only place for a lone 111: there it is the emergency number, in the UK it is a line for everything else."""


class Contact(BaseModel):
    """One way to reach help. Unverified ones are listed for the editors and never rendered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ContactKind
    label: Annotated[str, Field(min_length=1, max_length=80)]
    number: Annotated[str, Field(pattern=r"^[A-Za-z0-9 ,+-]+$", max_length=60)] | None = None
    url: Annotated[str, Field(pattern=r"^https://\S+$", max_length=120)] | None = None
    verified: bool
    source: str | None = None
    date: Annotated[str, BeforeValidator(lambda value: str(value) if value is not None else value)] | None = None
    note: str | None = None
    """For editors, never rendered."""

    @model_validator(mode="after")
    def _verified_says_where(self) -> "Contact":
        if self.verified and not (self.source and self.date):
            raise ValueError("a verified contact needs a source and a date: add both, or set verified: false")
        if self.verified and self.number is None and self.url is None:
            raise ValueError("a verified contact needs a number or a url")
        return self

    def line(self, region_name: str) -> str:
        """Render the contact, always with its country."""
        return f"{self.label}: {self.number or self.url} ({region_name})"


class RegionContacts(BaseModel):
    """The contacts of one region."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=2)]
    contacts: tuple[Contact, ...]


class Referrals(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    neutral_emergency_line: Annotated[str, Field(min_length=10)]
    shown_on: Mapping[str, tuple[ContactKind, ...]]
    """Kinds of contacts by topic; `default` for every topic that is not named."""
    regions: Mapping[Region, RegionContacts]

    @model_validator(mode="after")
    def _every_region_and_no_lone_111(self) -> "Referrals":
        missing = [region.value for region in Region if region not in self.regions]
        if missing:
            raise ValueError(f"an entry for every region; missing: {', '.join(missing)}")
        if "111" in self.neutral_emergency_line:
            raise ValueError("no 111 in the neutral line: it is an emergency number in one country only")
        return self

    @field_validator("regions")
    @classmethod
    def _lone_111_only_for_emergencies_in_new_zealand(
        cls, regions: Mapping[Region, RegionContacts]
    ) -> Mapping[Region, RegionContacts]:
        for region, entry in regions.items():
            for contact in entry.contacts:
                is_their_emergency_number = (region, contact.kind, contact.number) == _NEW_ZEALANDS_111
                said = contact.label if is_their_emergency_number else f"{contact.label}: {contact.number}"
                if _LONE_111.search(said):
                    raise ValueError(
                        f"no lone 111 in {region.value!r}: it means opposite things in different countries; write"
                        " 'NHS 111', or keep the number '111' to nz and kind emergency"
                    )
        return regions

    @field_validator("shown_on")
    @classmethod
    def _known_topics_and_a_crisis_line(
        cls, shown_on: Mapping[str, tuple[ContactKind, ...]]
    ) -> Mapping[str, tuple[ContactKind, ...]]:
        strange = sorted(set(shown_on) - set(Topic) - {"default"})
        if strange:
            raise ValueError(f"topics and 'default'; {strange[0]!r} is neither. {nearest(strange[0], Topic)}")
        if "default" not in shown_on:
            raise ValueError("a line 'default': which kinds of contacts a card shows")
        if set(shown_on.get(Topic.CRISIS, ())) != {ContactKind.EMERGENCY, ContactKind.CRISIS}:
            raise ValueError("for 'crisis' exactly [emergency, crisis]: no other line belongs on that card")
        return shown_on

    def lines(self, topic: str, *, regions: Sequence[str]) -> tuple[str, ...]:
        """Render a topic's contacts for the community's regions: emergency lines first, no line twice."""
        known = [_known(region) for region in regions] or [Region.UNKNOWN]
        lines = [line for region in known for line in self._emergency(region)]
        for kind in self.shown_on.get(topic, self.shown_on["default"]):
            if kind is not ContactKind.EMERGENCY:
                lines += [line for region in known for line in self._verified(region, kind)]
        return tuple(dict.fromkeys(lines))

    def without_crisis_line(self, regions: Sequence[str]) -> list[str]:
        """List the regions, as they were named, that have no verified crisis line; no region counts as unknown."""
        return [
            region
            for region in dict.fromkeys(regions or (Region.UNKNOWN.value,))
            if not self._verified(_known(region), ContactKind.CRISIS)
        ]

    def _emergency(self, region: Region) -> list[str]:
        return self._verified(region, ContactKind.EMERGENCY) or [self.neutral_emergency_line]

    def _verified(self, region: Region, kind: ContactKind) -> list[str]:
        entry = self.regions[region]
        return [c.line(entry.name) for c in entry.contacts if c.verified and c.kind is kind]


def _known(region: str) -> Region:
    return Region(region) if region in set(Region) else Region.UNKNOWN


def read_referrals(folder: Path) -> Referrals | tuple[Finding, ...]:
    """Read `referrals.yaml`; what is wrong with it comes back as findings."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = "Expected: the file with the contacts of every region; without it no card may be shown."
        found = f"no readable {FILE} ({type(error).__name__})"
        return (Finding(file=FILE, line=1, rule="form", found=found, why=why, todo="Restore the file."),)
    located = read_located(text, file=FILE)
    if isinstance(located, Finding):
        return (located,)
    try:
        return Referrals.model_validate(located.data)
    except ValidationError as error:
        return model_findings(error, model=Referrals, located=located, file=FILE)
