"""Demo scripts are checked whole: every problem at once, each with its path."""

import copy
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ConfigError
from bot.core.policy import Mode
from bot.demo.script import PARTS, Step, load_script, parse_script, words_of

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [ROOT / "bot/demo/story.yaml", ROOT / "bot/demo/scripts/done.yaml"]

GOOD = {
    "title": "a try",
    "members": [{"name": "Ines"}, {"name": "Mara", "role": "moderator"}],
    "channels": [{"name": "chat", "mode": "auto"}, {"name": "stories", "kind": "forum"}],
    "steps": [
        {"post": {"as": "Ines", "in": "chat", "text": "hello", "name": "hello"}},
        {"post": {"as": "Ines", "in": "stories", "title": "A story", "text": "it begins"}},
        {"post": {"as": "Mara", "in": "A story", "text": "go on"}},
        {"expect": {"quiet": ["hello"]}},
    ],
}


def problems_of(raw: object) -> list[str]:
    """What is wrong with a script."""
    with pytest.raises(ConfigError) as caught:
        parse_script(raw, origin="try.yaml")
    return list(caught.value.problems)


def with_step(step: dict[str, object]) -> dict[str, object]:
    """The good script with one more step."""
    return {**GOOD, "steps": [*GOOD["steps"], step]}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_script_is_valid(path):
    """What ships can be played."""
    script = load_script(path)

    assert script.steps


def test_a_good_script_is_read():
    """Names as they are written in YAML arrive in their fields."""
    script = parse_script(GOOD, origin="try.yaml")

    assert script.steps[0].post.author == "Ines"
    assert script.steps[1].post.title == "A story"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        pytest.param(
            {"post": {"as": "Inez", "in": "chat", "text": "x"}},
            "try.yaml: steps.4.post.as: is 'Inez'; expected one of the members (did you mean 'Ines'?)",
            id="unknown-member",
        ),
        pytest.param(
            {"post": {"as": "Ines", "in": "chta", "text": "x"}},
            "try.yaml: steps.4.post.in: is 'chta'; expected a channel or an earlier title (did you mean 'chat'?)",
            id="unknown-channel",
        ),
        pytest.param(
            {"edit": {"post": "hallo", "text": "x"}},
            "try.yaml: steps.4.edit.post: is 'hallo'; expected the name of an earlier post (did you mean 'hello'?)",
            id="unknown-post",
        ),
        pytest.param(
            {"post": {"as": "Ines", "in": "chat", "text": "x", "reply_to": "later"}},
            "try.yaml: steps.4.post.reply_to: is 'later'; expected the name of an earlier post",
            id="reply-to-nothing",
        ),
        pytest.param(
            {"post": {"as": "Ines", "in": "chat", "text": "x", "name": "hello"}},
            "try.yaml: steps.4.post.name: is 'hello', which an earlier post has; expected another name",
            id="name-taken",
        ),
        pytest.param(
            {"post": {"as": "Ines", "in": "stories", "text": "x"}},
            "try.yaml: steps.4.post.title: is missing; expected a title, because 'stories' is a forum",
            id="forum-without-title",
        ),
        pytest.param(
            {"post": {"as": "Ines", "in": "chat", "title": "T", "text": "x"}},
            "try.yaml: steps.4.post.title: is 'T'; expected none, because 'chat' is no forum",
            id="title-without-forum",
        ),
        pytest.param(
            {"press": {"as": "Mara", "button": "Resolve", "on": "hello", "verdict": "confirmed"}},
            "try.yaml: steps.4.press.reason: is missing; Resolve needs it",
            id="resolve-without-reason",
        ),
        pytest.param(
            {"press": {"as": "Mara", "button": "Claim", "on": "hello", "reason": "so"}},
            "try.yaml: steps.4.press.reason: belongs to Resolve; the button is 'Claim': remove it",
            id="reason-without-resolve",
        ),
        pytest.param(
            {"expect": {"queued": {"nobody": "soon"}}},
            "try.yaml: steps.4.expect.queued: is 'nobody'; expected the name of an earlier post",
            id="expects-an-unknown-post",
        ),
        pytest.param(
            {"wait": 5, "bot": "down"},
            f"try.yaml: steps.4: holds wait and bot; expected exactly one of: {', '.join(Step.model_fields)}",
            id="two-in-one-step",
        ),
        pytest.param(
            {},
            f"try.yaml: steps.4: holds nothing; expected exactly one of: {', '.join(Step.model_fields)}",
            id="empty-step",
        ),
        pytest.param(
            {"bot": "sideways"},
            "try.yaml: steps.4.bot: is 'sideways'; expected 'restart', 'down' or 'up'",
            id="unknown-word",
        ),
        pytest.param(
            {"psot": {}},
            "try.yaml: steps.4.psot: is not part of a script; see docs/demo-scripts.md (did you mean 'post'?)",
            id="typo",
        ),
        pytest.param(
            {"post": {"in": "chat", "text": "x"}},
            "try.yaml: steps.4.post.as: is missing; expected a value there",
            id="nobody-writes",
        ),
        pytest.param(
            {"wait": -1}, "try.yaml: steps.4.wait: is -1; input should be greater than 0", id="time-runs-forward"
        ),
    ],
)
def test_a_problem_is_told_with_its_path(step, said):
    """Where, what was found, what was expected, the nearest valid name."""
    assert problems_of(with_step(step)) == [said]


def test_every_problem_is_told_at_once():
    """Three mistakes make three sentences."""
    raw = {**GOOD, "members": [*GOOD["members"], {"name": "Ines"}]}
    raw["steps"] = [*GOOD["steps"], {"delete": {"post": "nope"}}, {"slash": {"as": "X", "in": "Y", "command": "queue"}}]

    problems = problems_of(raw)

    assert len(problems) == 4
    assert problems[0] == "try.yaml: members: 'Ines' is there twice; expected different names"


@pytest.mark.parametrize("raw", [None, [], "text", 3], ids=["nothing", "list", "text", "number"])
def test_what_is_no_script_is_refused(raw):
    """A file that holds something else is named as such."""
    assert problems_of(raw) == [f"try.yaml: holds a {type(raw).__name__}; expected members:, channels: and steps:"]


def test_a_missing_file_and_broken_yaml_are_sentences(tmp_path):
    """Neither is a traceback."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("title: [", encoding="utf-8")

    with pytest.raises(ConfigError, match="no such file; expected a demo script"):
        load_script(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=re.escape("broken.yaml:1: is not valid YAML")):
        load_script(broken)


def test_on_and_off_are_words_and_true_is_not(tmp_path):
    """YAML 1.1 reads `on` and `off` as truth values; here one is a field and the other a mode."""
    raw = copy.deepcopy(GOOD)
    raw["members"][1]["on_call"] = True
    text = yaml.safe_dump(raw).replace("mode: auto", "mode: off") + "- press: {as: Mara, button: Claim, on: hello}\n"
    path = tmp_path / "words.yaml"
    path.write_text(text.replace("title: a try\n", "") + "title: a try\n", encoding="utf-8")

    script = load_script(path)

    assert script.channels[0].mode is Mode.OFF
    assert script.members[1].on_call is True


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(field=st.sampled_from(sorted(Step.model_fields)), value=json_values)
def test_no_step_breaks_the_check(field, value):
    """Whatever stands in a step, the answer is a script or sentences."""
    problems: tuple[str, ...] = ()
    try:
        parse_script(with_step({field: value}), origin="try.yaml")
    except ConfigError as error:
        problems = error.problems

    assert all(problem.startswith("try.yaml: steps.4") for problem in problems)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_documentation_names_every_word(part):
    """docs/demo-scripts.md is complete."""
    text = (ROOT / "docs/demo-scripts.md").read_text(encoding="utf-8")

    assert [word for word in words_of(part) if f"`{word}`" not in text and f"`{word}:" not in text] == []
