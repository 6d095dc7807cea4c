"""The pages for people: they name everything that exists, link to nothing that does not, and claim no more than is."""

import re
from pathlib import Path

import discord
import pytest
import typer
import yaml

from bot.cli import app
from bot.core.cases import Verdict
from bot.core.errors import ConfigError
from bot.core.policy import Mode
from bot.gateway import commands
from bot.gateway.delivery import NAMES
from bot.gateway.permissions import ANSWERING, QUEUE, READING
from bot.settings import parse_settings
from bot.settings_reference import table
from tests.architecture.test_house_rules import ROOT, tracked

README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.glob("*.md"))]
PNG = b"\x89PNG\r\n\x1a\n"

CLAIMS = re.compile(
    r"\b(?:detects|diagnoses|predicts|triages|interprets)\b"
    r"|\bmonitors (?:patients|people|members|you)\b"
    r"|\bAI[- ](?:doctor|nurse)\b|\bearly warning\b|\blife[- ]?saving\b|\bsaves lives\b",
    re.IGNORECASE,
)
"""What the intended purpose forbids the product to be called; "not intended to diagnose" remains sayable."""


def read(path: Path) -> str:
    """The text of a page."""
    return path.read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", read(path), flags=re.DOTALL | re.MULTILINE)


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def between(text: str, name: str) -> list[str]:
    """What stands between the markers `<!-- name: begin -->` and `<!-- name: end -->`."""
    return re.findall(rf"<!-- {name}: begin[^>]*-->\n(.*?)<!-- {name}: end -->", text, flags=re.DOTALL)


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(path), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def command_names(command, path=()):
    """Every command that does something, as its words, with the options that it takes."""
    nested = getattr(command, "commands", None)
    if nested is None:
        options = [one for each in command.params if each.param_type_name == "option" for one in each.opts]
        yield " ".join(path), [*options, *(one for each in command.params for one in each.secondary_opts)]
    for name, child in (nested or {}).items():
        yield from command_names(child, (*path, name))


def links(path: Path) -> list[str]:
    """Targets of links and pictures inside the repository."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(path))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


SHELL = list(command_names(typer.main.get_command(app)))
LINKS = [pytest.param(page, link, id=f"{page.name}:{link}") for page in PAGES for link in links(page)]


def test_configuration_page_names_every_setting():
    """The table is what the models of the settings say today."""
    shown = between(read(DOCS / "configuration.md"), "settings")

    assert [one.strip() for one in shown] == [table().strip()], "paste the output of `python -m bot.settings_reference`"


def test_configuration_page_names_every_environment_variable():
    """What `bot.settings` reads from the environment is explained."""
    names = re.findall(r'source\.get\("([A-Z_]+)"', read(ROOT / "bot" / "settings.py"))

    assert len(names) == 3
    assert [name for name in names if f"| `{name}` |" not in read(DOCS / "configuration.md")] == []


@pytest.mark.parametrize("mode", list(Mode), ids=lambda mode: mode.value)
def test_configuration_page_explains_each_mode(mode):
    """Each mode has its row."""
    assert f"| `{mode.value}` |" in read(DOCS / "configuration.md")


@pytest.mark.parametrize("number", range(3), ids=lambda number: f"mistakes-{number + 1}")
def test_examples_of_mistakes_are_what_the_settings_say(number):
    """An example of an error message is the message."""
    found = between(read(DOCS / "configuration.md"), "mistakes")
    (source,), (said,) = blocks(found[number], "yaml"), blocks(found[number], "text")

    with pytest.raises(ConfigError) as refused:
        parse_settings(yaml.safe_load(source), origin="config.yaml")

    assert len(found) == 3
    assert list(refused.value.problems) == said.splitlines()


@pytest.mark.parametrize("name", ["configuration.md", "connect.md"])
def test_example_configurations_are_valid(name):
    """What a page says to write into config.yaml is accepted."""
    text = read(DOCS / name)
    for mistakes in between(text, "mistakes"):
        text = text.replace(mistakes, "")

    examples = [parse_settings(yaml.safe_load(example), origin=name) for example in blocks(text, "yaml")]

    assert examples
    assert all(example.communities for example in examples)


@pytest.mark.parametrize(("name", "options"), SHELL, ids=[name for name, _ in SHELL])
def test_readme_names_every_command_with_its_options(name, options):
    """The command table leaves nothing of `aftercare` out; what several commands share stands above it."""
    shared = read(README).split("## Commands")[1].split("| command |")[0]
    rows = [line for line in read(README).splitlines() if line.startswith(f"| `aftercare {name}")]

    assert rows
    assert [one for one in options if not re.search(rf"`[^`]*{one}\b", shared + "".join(rows))] == []


def test_no_page_names_a_command_that_does_not_exist():
    """Every `aftercare ...` in the pages is a command."""
    known = {name for name, _ in SHELL}
    groups = {name.split()[0] for name in known if " " in name}
    strangers = set()
    for page in PAGES:
        for first, second in re.findall(r"`aftercare ([a-z][a-z-]*)(?: ([a-z]+))?", read(page)):
            name = f"{first} {second}" if first in groups and second else first
            if name not in known | groups:
                strangers.add((page.name, name))

    assert strangers == set()


async def test_readme_names_every_command_on_discord():
    """What the bot registers with Discord stands in the README."""
    tree = discord.app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    commands.register(tree)
    slash = [f"/{one.qualified_name}" for one in tree.walk_commands() if isinstance(one, discord.app_commands.Command)]
    menus = [f"*{one.name}*" for one in tree.get_commands(type=discord.AppCommandType.message)]

    assert slash
    assert menus
    assert [name for name in [*slash, *menus] if name not in read(README)] == []


def test_readme_names_every_folder_and_file_of_the_top_level():
    """A newcomer finds each of them in the tree, with a word about it."""
    (tree,) = [block for block in blocks(read(README), "text") if block.startswith("bot/")]
    said = {line.split()[0].rstrip("/") for line in tree.splitlines() if not line.startswith(" ")}
    there = {path.relative_to(ROOT).parts[0] for path in tracked()}

    assert there - said <= {"README.md", ".gitignore"}


def test_everything_in_the_tree_exists():
    """The tree names no file that is not there."""
    (tree,) = [block for block in blocks(read(README), "text") if block.startswith("bot/")]
    folders: list[str] = []
    gone = []
    for line in tree.splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        folders = [*folders[:depth], name.rstrip("/")]
        if not (ROOT / "/".join(folders)).exists():
            gone.append("/".join(folders))

    assert gone == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_that_a_page_names_exist(page):
    """Every file of the repository that is named in code type is there."""
    rooms = "bot|classifiers|responses|training_data|tests|docs"
    named = re.findall(rf"`((?:{rooms})/[\w./-]+)`", read(page))

    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_links_lead_somewhere(page, link):
    """Every relative link and picture exists, and so does the heading that it names."""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page

    assert target.exists()
    assert not anchor or anchor in anchors(target)


def test_pictures_are_pictures():
    """The README shows pictures, and every file beside them is a PNG."""
    pictures = [path for path in (DOCS / "pictures").iterdir() if path.is_file()]

    assert {ROOT / link for link in links(README) if link.endswith(".png")} <= set(pictures)
    assert [path.name for path in pictures if path.read_bytes()[: len(PNG)] != PNG] == []


def test_invite_link_asks_for_the_permissions_that_the_gateway_uses():
    """Not one more, not one less, and each is named with its purpose."""
    needed = {*READING, *ANSWERING, *QUEUE}
    text = read(DOCS / "connect.md")
    (number,) = re.findall(r"&permissions=(\d+)\b", text)

    assert int(number) == discord.Permissions(**dict.fromkeys(needed, True)).value
    assert [name for name in needed if f"| {NAMES[name]} |" not in text] == []


@pytest.mark.parametrize("path", [*PAGES, ROOT / "pyproject.toml"], ids=lambda path: path.name)
def test_nothing_is_claimed_that_the_intended_purpose_excludes(path):
    """The product informs, signposts and sorts a queue; no page calls it more."""
    assert CLAIMS.findall(read(path)) == []


def test_intended_purpose_stands_where_people_look_first():
    """The limits are in the README before its first command, and in the page of their own."""
    head = read(README).split("make run")[0]

    assert all(words in head for words in ("Not a medical device", "around the clock", "Silence means nothing"))
    assert "not intended to diagnose" in head
    assert "not intended to diagnose" in read(DOCS / "intended-use.md")


def test_glossary_names_what_moderators_choose_from():
    """The verdicts of the glossary are those of the code."""
    (row,) = [line for line in read(README).splitlines() if line.startswith("| **verdict**")]

    assert [verdict.value for verdict in Verdict if verdict.value.replace("_", " ") not in row] == []
