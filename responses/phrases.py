"""The bot's fixed sentences: buttons, notices and answers to interactions, by key and language.

Holds no medical statement; a placeholder is allowed only where a sentence needs the community's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment

from responses.findings import Finding, content_error, nearest
from responses.located_yaml import Located, read_located

FILE = "phrases.yaml"
FALLBACK_LANGUAGE = "en"
PLACEHOLDERS = frozenset({"community"})
REQUIRED = frozenset(
    {
        "this_community",
        "not_about_me",
        "why",
        "ask_human",
        "why_explanation",
        "not_about_me_done",
        "not_about_me_not_author",
        "ask_human_done",
        "privacy_summary",
        "opt_out_done",
        "opt_in_done",
        "refused_not_moderator",
        "automated_footer",
        "draft_notice",
        "crisis_note",
    }
)
_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Sentences by language and key; English stands in for a language that lacks one."""

    by_language: Mapping[str, Mapping[str, str]]
    located: Located = field(repr=False)

    def get(self, key: str, *, language: str, community: str | None = None) -> str:
        """Render a sentence; raises `ContentError` for a key that does not exist."""
        english = self.by_language[FALLBACK_LANGUAGE]
        template = self.by_language.get(language, {}).get(key) or english.get(key)
        if template is None:
            why = "Expected: a key that the file holds."
            todo = nearest(key, english)
            raise content_error(
                [Finding(file=FILE, line=1, rule="phrase", found=f"no phrase {key!r}", why=why, todo=todo)]
            )
        if "{{" not in template:
            return template
        name = community or self.by_language.get(language, {}).get("this_community") or english["this_community"]
        return _ENVIRONMENT.from_string(template).render(community=name)


def read_phrases(folder: Path) -> Phrases | tuple[Finding, ...]:
    """Read `phrases.yaml`; what is wrong with it comes back as findings."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return (_finding((), None, f"no readable {FILE} ({type(error).__name__})", "Restore the file."),)
    located = read_located(text, file=FILE)
    if isinstance(located, Finding):
        return (located,)
    data = located.data
    if not isinstance(data, dict) or FALLBACK_LANGUAGE not in data:
        return (_finding((), located, "no English phrases", "Add the section 'en'."),)
    findings = [problem for language in data for problem in _language_problems(language, data[language], located)]
    missing = [] if findings else sorted(REQUIRED - set(data[FALLBACK_LANGUAGE]))
    findings += [
        _finding((FALLBACK_LANGUAGE,), located, f"no phrase {key!r}", f"Add {key!r} to 'en'.") for key in missing
    ]
    return tuple(findings) if findings else Phrases(by_language=data, located=located)


def _language_problems(language: object, phrases: object, located: Located) -> list[Finding]:
    if not isinstance(phrases, dict):
        return [_finding((str(language),), located, f"{language}: no mapping", "Write one 'key: sentence' a line.")]
    problems = []
    for key, sentence in phrases.items():
        fault = _fault(sentence)
        if fault is not None:
            problems.append(_finding((str(language), str(key)), located, f"{key}: {fault}", "Correct the sentence."))
    return problems


def _fault(sentence: object) -> str | None:
    """Name what is wrong with one sentence, or None."""
    if not isinstance(sentence, str) or not sentence.strip():
        return "no text"
    try:
        unknown = meta.find_undeclared_variables(_ENVIRONMENT.parse(sentence)) - PLACEHOLDERS
    except TemplateError as error:
        return f"a broken placeholder ({error})"
    if "{%" in sentence or "{#" in sentence:
        return "template code where only a placeholder is allowed"
    return f"the unknown placeholder {sorted(unknown)[0]!r}; known: community" if unknown else None


def _finding(path: tuple[str, ...], located: Located | None, found: str, todo: str) -> Finding:
    line = located.line_of(path) if located is not None else 1
    why = "Expected: under each language, one plain sentence for each key that the bot uses."
    return Finding(file=FILE, line=line, rule="phrase", found=found, why=why, todo=todo)
