"""What the README's pictures show exists in the story. Taking them needs Chromium, which not every machine has."""

import shutil

import pytest

from bot.core.errors import ConfigError
from bot.demo.chromium import find_chromium
from bot.demo.pictures import PICTURES
from bot.demo.play import STORY
from bot.demo.script import QUEUE, Post, load_script


def test_every_picture_shows_a_place_and_words_of_the_story():
    """A change of the story that would leave a picture without its subject is noticed."""
    script = load_script(STORY)
    places = {QUEUE, *(channel.name for channel in script.channels)}
    written = [step.what.text for step in script.steps if isinstance(step.what, Post)]

    assert {picture.place for picture in PICTURES} <= places
    for picture in PICTURES:
        assert picture.place == QUEUE or any(picture.begins in text for text in written)


def test_a_missing_browser_is_a_sentence(monkeypatch):
    """Without Chromium the tool says what to install."""
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(ConfigError, match="expected one on the path: install Chromium"):
        find_chromium()
