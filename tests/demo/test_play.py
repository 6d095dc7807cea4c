"""Scripts played headless against the real bot: its model, its database, and a simulated Discord."""

import io
from pathlib import Path

from rich.console import Console

from bot.demo import play_script
from tests.demo.playing import CHAT, EMERGENCY, kinds, play, script_file

ROOT = Path(__file__).resolve().parents[2]
ACTS = ("card", "case_card", "ping", "withdrawal")


def post(text: str, *, author: str = "Ines", name: str = "post", **more: str) -> dict[str, object]:
    """A step in which somebody writes."""
    return {"post": {"as": author, "in": "chat", "text": text, "name": name, **more}}


async def test_the_main_job_holds_from_end_to_end():
    """Answered, queued, pinged, ignored, left to humans; a restart in the middle loses and doubles nothing."""
    code, events = await play(ROOT / "bot/demo/scripts/done.yaml")

    assert events[-1]["what"] == {"holds": True, "failures": []}
    assert code == 0
    assert kinds(events, "bot") == ["bot"] * 3
    assert kinds(events, "ping") == ["ping"] * 3


async def test_the_story_that_ships_holds():
    """What a visitor finds is what the story says."""
    code, events = await play(ROOT / "bot/demo/story.yaml")

    assert events[-1]["what"] == {"holds": True, "failures": []}
    assert code == 0


async def test_everything_the_bot_does_is_an_event(tmp_path):
    """A post, its case, its ping and its card; then the verdict that takes the card back."""
    path = script_file(
        tmp_path,
        [
            post(CHAT, name="chat"),
            post(EMERGENCY),
            {"press": {"as": "Mara", "button": "Resolve", "on": "post", "verdict": "false_alarm", "reason": "A joke."}},
            {"expect": {"case_state": {"post": "resolved"}, "not_answered": ["post"], "quiet": ["chat"]}},
        ],
    )

    code, events = await play(path)

    assert code == 0, events[-1]
    assert kinds(events, "post", *ACTS) == ["post", "post", "case_card", "ping", "card", "withdrawal"]
    assert all({"kind", "at", "where", "who", "what"} == set(event) for event in events)


async def test_what_does_not_hold_is_named_with_its_step(tmp_path):
    """Every failed expectation is a sentence, and the exit code is 1."""
    path = script_file(tmp_path, [post(CHAT), {"expect": {"answered": ["post"], "pinged": 2, "cards_total": 1}}])

    code, events = await play(path)

    assert code == 1
    assert events[-1]["what"]["failures"] == [
        "steps.1: answered: 'post' has 0 cards; expected exactly 1",
        "steps.1: pinged: the on-call role was pinged 0 times; expected 2",
        "steps.1: cards_total: 0 cards were sent; expected 1",
    ]


async def test_an_impossible_step_is_named_and_the_rest_is_played(tmp_path):
    """Nobody can press a button that does not exist."""
    path = script_file(
        tmp_path, [post(CHAT), {"press": {"as": "Mara", "button": "Claim", "on": "post"}}, post("bye", name="bye")]
    )

    code, events = await play(path)

    assert code == 1
    assert events[-1]["what"]["failures"] == ["steps.1: press: 'post' has 0 of the case card with 'Claim'; expected 1"]
    assert kinds(events, "post") == ["post", "post"]


async def test_with_the_classifier_down_posts_wait_and_are_read_later(tmp_path):
    """A red flag reaches moderators at once; what waited is read when the classifier is back, once."""
    path = script_file(
        tmp_path,
        [
            {"model": "down"},
            post(EMERGENCY),
            post(CHAT, author="Rowan", name="chat"),
            {"expect": {"queued": {"post": "same_day"}, "quiet": ["chat"], "pinged": 1}},
            {"model": "up"},
            {"wait": 2},
            {"expect": {"queued": {"post": "same_day"}, "quiet": ["chat"], "pinged": 1, "cases_open": 1}},
        ],
    )

    code, events = await play(path)

    assert code == 0, events[-1]


async def test_a_lost_permission_silences_the_bot_and_nothing_else(tmp_path):
    """The case still reaches moderators."""
    path = script_file(
        tmp_path,
        [
            {"remove_permission": {"permission": "send_messages", "in": "chat"}},
            post(EMERGENCY),
            {"expect": {"not_answered": ["post"], "queued": {"post": "same_day"}, "cards_total": 0}},
        ],
    )

    code, events = await play(path)

    assert code == 0, events[-1]


async def test_edits_deletes_commands_and_menus_are_played(tmp_path):
    """Each kind of step does what a person would do."""
    path = script_file(
        tmp_path,
        [
            post(CHAT, name="tea"),
            {"edit": {"post": "tea", "text": EMERGENCY}},
            {"expect": {"answered": ["tea"], "queued": {"tea": "same_day"}}},
            {"delete": {"post": "tea"}},
            {"expect": {"not_answered": ["tea"]}},
            post("Could somebody explain the forms to me?", author="Rowan", name="forms"),
            {"ask_moderator": {"as": "Ines", "on": "forms"}},
            {"slash": {"as": "Mara", "in": "aftercare-queue", "command": "queue"}},
            {"slash": {"as": "Ines", "in": "chat", "command": "privacy opt-out"}},
            post(EMERGENCY, name="unread"),
            {"expect": {"quiet": ["unread"], "cases_open": 2}},
        ],
    )

    code, events = await play(path)

    assert code == 0, events[-1]
    assert kinds(events, "private_answer", "public_answer", "no_answer") == ["private_answer"] * 3


async def test_without_json_the_lines_are_for_people(tmp_path):
    """Readable lines, and a last sentence."""
    out = io.StringIO()

    code = await play_script(script_file(tmp_path, [post(CHAT)]), as_json=False, console=Console(file=out, width=200))

    assert code == 0
    assert "Ines: [post] Morning all" in out.getvalue()
    assert out.getvalue().endswith("Every expectation holds.\n")
