"""A demo script as data: who is there, what happens, and what is expected of the bot. Read from YAML, checked whole.

Plays nothing; `play` does. The format is documented in docs/demo-scripts.md.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.core.assessments import Urgency
from bot.core.cases import CaseStatus, Verdict
from bot.core.errors import ConfigError
from bot.core.policy import Mode
from bot.settings import Region

QUEUE = "aftercare-queue"
"""The moderators' channel; every script has it."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Text = Annotated[str, StringConstraints(max_length=4000)]
CaseButton = Literal["Claim", "Release", "Resolve", "Approve", "Decline"]
CardButton = Literal["Not about me", "Why did I get this?", "Ask a human"]
CASE_BUTTONS: frozenset[str] = frozenset(get_args(CaseButton))
UrgencyName = Literal["emergency", "same_day", "soon", "routine"]


class _Loader(yaml.SafeLoader):
    """YAML without the words that mean true or false in YAML 1.1: here `on` is a field and `off` a mode."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML reads it from the class
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z"), list("tf"))


class Part(BaseModel):
    """Anything in a script; a name that is not documented is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Member(Part):
    """One invented person."""

    name: Name = Field(description="How the script and the community call the person.")
    role: Literal["member", "moderator", "admin"] = Field("member", description="Standing in the community.")
    on_call: bool = Field(False, description="Holds the role that an emergency pings.")


class Channel(Part):
    """One channel besides the moderators' queue."""

    name: Name = Field(description="Name without the number sign.")
    kind: Literal["text", "forum"] = Field("text", description="A text channel, or a forum whose posts are threads.")
    mode: Mode = Field(Mode.SHADOW, description="What the bot may do there.")
    topic: Annotated[str, StringConstraints(max_length=200)] | None = Field(None, description="The line at its top.")


class Post(Part):
    """Somebody writes."""

    author: Name = Field(alias="as", description="Who writes.")
    place: Name = Field(alias="in", description="A channel, a forum (with `title`), or the title of a forum post.")
    text: Text = Field(description="What is written, in words invented for the script.")
    title: Name | None = Field(None, description="In a forum: opens a post with this title.")
    name: Name | None = Field(None, description="How later steps call this post.")
    reply_to: Name | None = Field(None, description="The named post that this one replies to.")


class Edit(Part):
    """The writer changes a post."""

    post: Name = Field(description="The named post.")
    text: Text = Field(description="The new text.")


class Delete(Part):
    """A post is deleted, by its writer or by somebody else."""

    post: Name = Field(description="The named post.")
    author: Name | None = Field(None, alias="as", description="Who deletes it; its writer when left out.")


class Press(Part):
    """Somebody presses a button under the answer to a post, or under its case."""

    author: Name = Field(alias="as", description="Who presses.")
    button: CaseButton | CardButton = Field(description="The button's label.")
    on: Name = Field(description="The named post whose answer or case carries the button.")
    verdict: Verdict | None = Field(None, description="With Resolve: what was found.")
    reason: Text | None = Field(None, description="With Resolve: one short sentence.")


class AskModerator(Part):
    """Somebody uses *Ask a moderator* in a post's menu."""

    author: Name = Field(alias="as", description="Who asks.")
    on: Name = Field(description="The named post.")


class Slash(Part):
    """Somebody types a command."""

    author: Name = Field(alias="as", description="Who types it.")
    place: Name = Field(alias="in", description="Where.")
    command: Name = Field(description="The command without its slash, such as `queue` or `privacy opt-out`.")
    options: dict[str, str | int] = Field(default_factory=dict, description="The command's options.")


class RemovePermission(Part):
    """An admin takes a permission away from the bot in one channel."""

    permission: Name = Field(description="discord.py's name of the permission, such as `send_messages`.")
    place: Name = Field(alias="in", description="The channel.")


class Expect(Part):
    """What must hold at this moment; every field that is given is checked."""

    answered: list[Name] = Field(default_factory=list, description="Posts below which exactly one card stands.")
    not_answered: list[Name] = Field(default_factory=list, description="Posts below which no card stands.")
    queued: dict[Name, UrgencyName] = Field(
        default_factory=dict, description="Posts with exactly one case card, of at least this urgency."
    )
    quiet: list[Name] = Field(default_factory=list, description="Posts with neither a card nor a case.")
    pinged: int | None = Field(None, ge=0, description="How often the on-call role was pinged so far, exactly.")
    cases_open: int | None = Field(None, ge=0, description="Cases that are not resolved, low-priority ones included.")
    case_state: dict[Name, CaseStatus] = Field(default_factory=dict, description="Where the cases of posts stand.")
    cards_total: int | None = Field(
        None, ge=0, description="Cards sent to members since the beginning, withdrawn ones included."
    )


class Step(Part):
    """One thing that happens; exactly one field is given."""

    post: Post | None = Field(None, description="Somebody writes.")
    edit: Edit | None = Field(None, description="A post is changed.")
    delete: Delete | None = Field(None, description="A post is deleted.")
    press: Press | None = Field(None, description="A button is pressed.")
    ask_moderator: AskModerator | None = Field(None, description="The message menu's Ask a moderator.")
    slash: Slash | None = Field(None, description="A command is typed.")
    wait: float | None = Field(None, gt=0, le=24 * 60, description="Minutes that pass.")
    bot: Literal["restart", "down", "up"] | None = Field(
        None, description="The bot is restarted, goes away, or comes back, always on the same database."
    )
    model: Literal["down", "up"] | None = Field(None, description="The classifier fails, or works again.")
    remove_permission: RemovePermission | None = Field(None, description="The bot loses a permission.")
    expect: Expect | None = Field(None, description="What must hold now.")

    @property
    def what(self) -> object:
        """The one thing that the step holds."""
        return next(getattr(self, name) for name in type(self).model_fields if getattr(self, name) is not None)


class Script(Part):
    """A whole script."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(description="What it shows.")
    community: Name = Field("Aftercare demo", description="How cards name the community.")
    regions: list[Region] = Field(default_factory=list, description="Whose help lines cards show.")
    crisis_card_minutes: float = Field(10, ge=0, description="As in config.yaml.")
    claim_minutes: float = Field(20, gt=0, description="As in config.yaml.")
    members: list[Member] = Field(min_length=1, description="Who is there.")
    channels: list[Channel] = Field(min_length=1, description="Where people write; #aftercare-queue always exists.")
    steps: list[Step] = Field(min_length=1, description="What happens, in order.")


def load_script(path: Path) -> Script:
    """Read a script; raises `ConfigError` with every problem, each beginning with its path."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise ConfigError([f"{path}: no such file; expected a demo script: see docs/demo-scripts.md"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read ({error}); expected a UTF-8 text file"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f":{mark.line + 1}"
        raise ConfigError(
            [f"{path}{line}: is not valid YAML; expected keys and values: check the indentation"]
        ) from None
    return parse_script(raw, origin=path.name)


def parse_script(raw: object, *, origin: str) -> Script:
    """Validate what a script file held; raises `ConfigError` with every problem."""
    if not isinstance(raw, dict):
        raise ConfigError([f"{origin}: holds a {type(raw).__name__}; expected members:, channels: and steps:"])
    try:
        script = Script.model_validate(raw)
    except ValidationError as error:
        raise ConfigError([f"{origin}: {_sentence(one)}" for one in error.errors()]) from None
    problems = [f"{origin}: {problem}" for problem in find_problems(script)]
    if problems:
        raise ConfigError(problems)
    return script


def find_problems(script: Script) -> Iterator[str]:
    """Name everything that fits the format and still cannot be played, each with its path."""
    yield from _twice("members", [member.name for member in script.members])
    yield from _twice("channels", [QUEUE, *(channel.name for channel in script.channels)])
    people = {member.name for member in script.members}
    places = {QUEUE: "text", **{channel.name: str(channel.kind) for channel in script.channels}}
    posts: set[str] = set()
    for number, step in enumerate(script.steps):
        given = [name for name in Step.model_fields if getattr(step, name) is not None]
        if len(given) != 1:
            found = "nothing" if not given else " and ".join(given)
            yield f"steps.{number}: holds {found}; expected exactly one of: {', '.join(Step.model_fields)}"
            continue
        where = f"steps.{number}.{given[0]}"
        what = step.what
        author = getattr(what, "author", None)
        if author is not None and author not in people:
            yield f"{where}.as: is {author!r}; expected one of the members{_near(author, people)}"
        place = getattr(what, "place", None)
        if place is not None and place not in places:
            yield f"{where}.in: is {place!r}; expected a channel or an earlier title{_near(place, places)}"
        for field, name in _posts_named(what):
            if name not in posts:
                yield f"{where}.{field}: is {name!r}; expected the name of an earlier post{_near(name, posts)}"
        if isinstance(what, Post):
            yield from _problems_of_post(what, where, places, posts)
        if isinstance(what, Press):
            yield from _problems_of_press(what, where)


def _problems_of_post(post: Post, where: str, places: dict[str, str], posts: set[str]) -> Iterator[str]:
    kind = places.get(post.place)
    if kind == "forum" and post.title is None:
        yield f"{where}.title: is missing; expected a title, because {post.place!r} is a forum"
    if kind in {"text", "thread"} and post.title is not None:
        yield f"{where}.title: is {post.title!r}; expected none, because {post.place!r} is no forum"
    if post.title is not None:
        if post.title in places:
            yield f"{where}.title: is {post.title!r}, which exists already; expected another title"
        places[post.title] = "thread"
    if post.name is not None:
        if post.name in posts:
            yield f"{where}.name: is {post.name!r}, which an earlier post has; expected another name"
        posts.add(post.name)


def _problems_of_press(press: Press, where: str) -> Iterator[str]:
    resolves = press.button == "Resolve"
    for field, value in (("verdict", press.verdict), ("reason", press.reason)):
        if resolves and value is None:
            yield f"{where}.{field}: is missing; Resolve needs it"
        if not resolves and value is not None:
            yield f"{where}.{field}: belongs to Resolve; the button is {press.button!r}: remove it"


def _posts_named(what: object) -> Iterator[tuple[str, str]]:
    """Every reference to a named post, with the field that holds it."""
    match what:
        case Post(reply_to=str(name)):
            yield "reply_to", name
        case Edit(post=name) | Delete(post=name):
            yield "post", name
        case Press(on=name) | AskModerator(on=name):
            yield "on", name
        case Expect():
            for field in ("answered", "not_answered", "quiet", "queued", "case_state"):
                for name in getattr(what, field):
                    yield field, name


def _twice(where: str, names: list[str]) -> Iterator[str]:
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield f"{where}: {name!r} is there twice; expected different names"


def _near(name: str, known: Mapping[str, object] | set[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _sentence(problem: Mapping[str, Any]) -> str:
    """One problem of form as: where, what was found, what was expected, the nearest valid name."""
    path = ".".join(str(part) for part in problem["loc"]) or "the file"
    match problem["type"]:
        case "extra_forbidden":
            return (
                f"{path}: is not part of a script; see docs/demo-scripts.md{_near(str(problem['loc'][-1]), _words())}"
            )
        case "missing":
            return f"{path}: is missing; expected a value there"
        case "enum" | "literal_error":
            return f"{path}: is {problem['input']!r}; expected {problem['ctx']['expected']}"
        case _:
            return f"{path}: is {problem['input']!r}; {problem['msg'][:1].lower()}{problem['msg'][1:]}"


def _words() -> set[str]:
    """Every word that a script can hold."""
    return {word for part in PARTS for word in words_of(part)}


def words_of(part: type[Part]) -> list[str]:
    """The words of one part of a script, as they are written in YAML."""
    return [field.alias or name for name, field in part.model_fields.items()]


PARTS: tuple[type[Part], ...] = (
    Script, Member, Channel, Step, Post, Edit, Delete, Press, AskModerator, Slash, RemovePermission, Expect,
)  # fmt: skip


def urgency_named(name: UrgencyName) -> Urgency:
    """The urgency that a script names."""
    return Urgency.from_label(name)
