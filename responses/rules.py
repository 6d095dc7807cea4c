"""What a card may not say, as a reviewed table of patterns, each with the reason and the remedy.

Matches words only: it cannot tell whether a statement is true, kind or complete. That is the clinician's review.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_HAVE = r"(?:have|has|had|'ve|are having|is having|suffers? from|'re suffering from)"
_MAYBE = r"(?:may |might |could |probably |likely |do not |does not |don't |doesn't )"
_RELATIVE = r"(?:partner|husband|wife|mother|mum|mom|father|dad|son|daughter|sister|brother|friend|child)"
_UNIT = r"(?:mg|mcg|µg|g|ml|iu|units?|tablets?|pills?|capsules?|puffs?|drops?|doses?)"
_LAB = (
    r"(?:platelets?|neutrophils?|lymphocytes?|creatinine|ferritin|bilirubin|glucose|blood (?:count|sugar)|"
    r"white (?:blood )?cells?|hemoglobin|haemoglobin|TSH|fT4|T4|ALT|AST|CK|Hb|INR|aPTT)"
)
_LEVEL = r"(?:low|high|normal|abnormal|raised|elevated|reduced|increased|undetectable|dropped|fine|okay)"
_DISORDERS = (
    r"graves|hashimoto\w*|thyroiditis|hyperthyroid\w*|hypothyroid\w*|(?:over|under)active thyroid|thyroid storm|"
    r"itp|thrombocytop\w+|anti-gbm|goodpasture\w*|nephr(?:itis|opathy|otic)\w*|glomerul\w+|aiha|ha?emolytic|evans|"
    r"neutrop(?:a?enia|a?enic)|pancytopa?enia|cytopa?enia\w*|hepatitis|liver failure|ha?emophilia|hlh|"
    r"ha?emophagocytic|ttp|tma|thrombotic|encephalitis|vitiligo|alopecia|psoria\w+|diabet\w+|ketoacidosis|"
    r"sarcoid\w*|myositis|myastheni\w+|guillain\w*|gbs|cidp|neuropathy|colitis|crohn\w*|coeliac|celiac|"
    r"still's|pneumonitis|arthritis|lupus|vasculitis|antiphospholipid|melanoma|lymphoma|leuka?emia|cancer|"
    r"sepsis|septic|meningitis|listeria\w*|shingles|herpes|pml|leukoencephalopathy|stroke|dissection|"
    r"heart attack|ana?phyla\w+|optic neuritis|cholecystitis|rhabdomyolysis|an(?:a)?emia|kidney failure|"
    r"autoimmune (?:disease|disorder|condition)s?|rebound"
)


_PLAIN = str.maketrans({"\n": " ", "\u00a0": " ", "\u202f": " ", "\u2019": "'", "\u2011": "-"})
"""One character for one, so that offsets still point into the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """One kind of wording that is refused."""

    name: str
    pattern: re.Pattern[str]
    why: str
    todo: str
    unless: Callable[[str], bool] = lambda _: False
    """Asked with the sentence in which the pattern matched."""
    in_sources: bool = False
    """Does it hold for the titles of sources too?"""

    def hits(self, text: str) -> list[tuple[int, str]]:
        """Return offset and wording of each match, also across line ends and in typographic spelling."""
        flat = text.translate(_PLAIN)
        return [
            (match.start(), match.group(0).strip())
            for match in self.pattern.finditer(flat)
            if not self.unless(_sentence_around(text, match.start()))
        ]


def _rx(pattern: str, *, case: bool = False) -> re.Pattern[str]:
    return re.compile(pattern, 0 if case else re.IGNORECASE)


def _names_its_denominator(sentence: str) -> bool:
    return re.search(r"\b\d+ (?:out )?of \d+\b", sentence) is not None


def _sentence_around(text: str, offset: int) -> str:
    start = max(text.rfind(". ", 0, offset), text.rfind("\n", 0, offset)) + 1
    ends = [end for end in (text.find(". ", offset), text.find("\n", offset)) if end >= 0]
    return text[start : min(ends, default=len(text))]


RULES: tuple[TextRule, ...] = (
    TextRule(
        name="second-person",
        pattern=_rx(
            rf"\byou(?:'re| are)? {_MAYBE}?(?:have|has|had|suffer)\b|\byou've\b|\byou(?:'re| are) (?:not )?(?:fine|"
            rf"ok|okay|safe|ill|sick|well|having|suffering|at risk)\b|\byou (?:seem|appear|look) |"
            rf"\byour (?:symptoms?|results?|condition|diagnosis|blood tests?|bloods|relapse|bruis\w+|bleeding|fever|"
            rf"scan)\b|"
            rf"\b(?:they|he|she|it) {_MAYBE}?{_HAVE}\b(?! been)|\bthey've\b|\byour {_RELATIVE}\b"
        ),
        why="A card is the same for everyone and must not sound like a statement about one person.",
        todo="Write about signs and what people are usually advised to do.",
    ),
    TextRule(
        name="reassurance",
        pattern=_rx(
            r"\bnothing to worry|\bdon't worry|\bdo not worry|\bno (?:need|reason) to (?:call|worry|panic|see)|"
            r"\bharmless\b|\bperfectly (?:normal|safe)|\b(?:probably|most likely|just|only) (?:heat|stress|anxiety|"
            r"tiredness)\b|\bwill (?:pass|go away|settle)\b|\bwait and see\b|\bno cause for\b"
        ),
        why="False comfort can keep somebody from calling.",
        todo="Leave it out.",
    ),
    TextRule(
        name="echo",
        pattern=_rx(r"\byou (?:wrote|said|posted|mentioned|described|told|asked)\b|\byour (?:post|message|question)\b"),
        why="The card never repeats or answers a member's own words.",
        todo="Write the sentence so that it is true for every reader.",
    ),
    TextRule(
        name="urgency-word",
        pattern=_rx(
            r"\burgen(?:t|tly|cy)\b|\bsame[-_]day\b|\basap\b|\btriage\w*|\bpriorit\w+|\bred[- ]flags?\b|\bseverity\b|"
            r"\b(?:high|low|medium)[- ]risk\b|\brisk score\b|\bscored?\b|\blife[- ]threatening\b|\bcritical\b|"
            r"\bemergenc(?:y|ies)\b(?! (?:number|department|services|eye department|room))|\bprobab\w+"
        ),
        why="Members never see an urgency, a score or a probability: that is for moderators, and it is device-like.",
        todo="Name the situation and the usual advice, such as 'call the MS team on the same day'.",
    ),
    TextRule(
        name="dose",
        pattern=_rx(
            rf"\b\d+(?:[.,]\d+)?\s*{_UNIT}\b|\b(?:half|double|one|two|three|another|extra|next|a higher|a lower) "
            rf"(?:doses?|tablets?|pills?|capsules?|puffs?|drops?)\b|\b(?:increase|reduce|lower|raise|double|halve|"
            rf"skip) (?:the |a |your )?(?:dose|tablets?|medicine)\b|\b(?:stop|start|keep) taking\b|"
            rf"\btake (?:some |an? |your )?(?:paracetamol|ibuprofen|aspirin|steroids?|antibiotics?|painkillers?)\b"
        ),
        why="The bot gives no dose and no medicine instruction.",
        todo="Point to the MS nurse, the prescriber or a pharmacist.",
    ),
    TextRule(
        name="percentage",
        pattern=_rx(r"\d+(?:[.,]\d+)?\s*(?:%|percent\b|per cent\b)"),
        why="A percentage without its denominator misleads: 42 % of 19 people is 8 people.",
        todo="Write it as 'n of N people' in the same sentence, with a source.",
        unless=_names_its_denominator,
    ),
    TextRule(
        name="lab-value",
        pattern=_rx(
            rf"\b{_LAB}\b[^.\n]{{0,25}}\b(?:\d+|{_LEVEL})\b|\b{_LEVEL} {_LAB}\b|\d\s*(?:mmol|mg/dl|g/l|iu/l|[x×]\s?10)|"
            rf"\b(?:normal|abnormal|high|low) (?:test )?(?:results?|values?|levels?|counts?)\b"
        ),
        why="Reading a person's test result is for their clinician, and it is device-like.",
        todo="Say what a test is for, and who can explain it.",
    ),
    TextRule(
        name="disorder",
        pattern=_rx(rf"\b(?:{_DISORDERS})\b"),
        why="A card names no disorder that the member may not have named.",
        todo="Write about the signs.",
        in_sources=True,
    ),
    TextRule(
        name="111",
        pattern=_rx(r"(?<!\d)(?<!\d )111(?! ?\d)"),
        why="111 is a non-emergency line in the UK and the emergency number in New Zealand.",
        todo="Leave numbers to referrals.yaml, which always names the country.",
    ),
    TextRule(
        name="number",
        pattern=_rx(r"\d{3,}|\d+(?:[ -]\d+){2,}"),
        why="Only referrals.yaml may hold phone numbers, because only verified ones may be shown.",
        todo="Leave the number out; the card shows the region's contacts.",
    ),
    TextRule(
        name="placeholder",
        pattern=_rx(r"\{\{|\{%|\{#|@everyone|@here|<@|<#"),
        why="A card is the same for everyone and pings nobody.",
        todo="Write plain words.",
        in_sources=True,
    ),
    TextRule(
        name="ai-doctor",
        pattern=_rx(
            r"\bthe bot (?:thinks|believes|diagnos\w+|detect\w+|monitor\w+)|\bdiagnos(?:e[sd]?|is|tic)\b|\bAI\b"
        ),
        why="The bot informs and signposts; it does not diagnose, detect or monitor.",
        todo="Say what people can do.",
    ),
)


def rules_for(*, source_title: bool) -> tuple[TextRule, ...]:
    """The rules for a line of a card, or for the title of one of its sources."""
    return tuple(rule for rule in RULES if rule.in_sources) if source_title else RULES
