"""How far denial, condition, quotation and the past reach, sentence by sentence."""

import pytest

from classifiers.lexicon.folding import fold
from classifiers.negation import is_told_as_happening, sentence_around


def told(text: str, sign: str, *, lasting: bool = False) -> bool:
    """Fold a text and ask about the first place of a sign in it."""
    folded = fold(text).text
    start = folded.index(sign)
    return is_told_as_happening(folded, start, start + len(sign), lasting=lasting)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("no nosebleeds this month", "nosebleeds"),
        ("I haven't had any bleeding", "bleeding"),
        ("never had a seizure", "seizure"),
        ("no dots, bruises or bleeding", "bleeding"),
        ("without any fever", "fever"),
        ("nosebleeds? no.", "nosebleeds"),
        ("fever: none, appetite: huge", "fever"),
        ("stroke was ruled out", "stroke"),
    ],
)
def test_a_denied_sign_is_not_told_as_happening(text: str, sign: str) -> None:
    """A denial reaches its own sign, a list closed by "or", and the question it answers."""
    assert not told(text, sign)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("no bruising but my wee is brown", "brown"),
        ("no fever, coughing blood", "coughing blood"),
        ("no pain and bleeding gums", "bleeding gums"),
        ("I haven't slept because of the bleeding", "bleeding"),
        ("don't want to worry anyone, nose bleeding", "bleeding"),
        ("not sure if this bleeding counts", "bleeding"),
        ("it's not funny: chest pain since two", "chest pain"),
        ("no idea why, new bruises", "bruises"),
        ("not being dramatic. bleeding gums", "bleeding gums"),
    ],
)
def test_a_denial_ends_where_its_clause_ends(text: str, sign: str) -> None:
    """In doubt the sign stands: the lexicon may only raise."""
    assert told(text, sign)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("if I ever get a nosebleed that won't stop", "nosebleed"),
        ("what if my eyes go yellow", "yellow"),
        ("call 999 if you have chest pain", "chest pain"),
        ("scared of getting a seizure", "seizure"),
        ("dreamt my face was drooping", "drooping"),
        ("the leaflet says ring for any fever", "fever"),
        ("the study counted strokes and chest pain", "chest pain"),
        ("> she has chest pain\nwhat did the nurse say?", "chest pain"),
        ("in my novel the doctor has a seizure", "seizure"),
    ],
)
def test_a_framed_sign_is_not_told_as_happening(text: str, sign: str) -> None:
    """Conditions, fears, leaflets, stories and quoted lines speak of nobody's present."""
    assert not told(text, sign)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("the leaflet made me laugh but I have chest pain", "chest pain"),
        ("read the article, and now my gums are bleeding", "bleeding"),
        ("wondering if anyone gets bleeding gums", "bleeding gums"),
        ("if I get up I have chest pain", "chest pain"),
        ("the card says 37.5. I'm at 38.4 with rigors", "rigors"),
    ],
)
def test_a_frame_ends_where_the_writer_returns(text: str, sign: str) -> None:
    """A real sign after the joke, or under a real question, stands."""
    assert told(text, sign)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("had a seizure in 2016", "seizure"),
        ("years ago I was bleeding for an hour", "bleeding"),
        ("as a kid I had nosebleeds", "nosebleeds"),
        ("was in hospital with a nosebleed, all sorted now", "nosebleed"),
        ("went in with chest pain on friday. discharged, heart fine", "chest pain"),
        ("my eyes were yellow, that was 2018", "yellow"),
        ("2015, second campath, platelets 7", "platelets"),
    ],
)
def test_a_past_sign_is_not_told_as_happening(text: str, sign: str) -> None:
    """Old dates and settled endings close what they speak of."""
    assert not told(text, sign)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("lem in 2021 and my gums bleed", "bleed"),
        ("had ITP in 2019, bruises again today", "bruises"),
        ("a nosebleed two weeks ago and another now", "nosebleed"),
        ("sorted the bills. nose is still bleeding", "bleeding"),
    ],
)
def test_a_date_of_something_else_closes_nothing(text: str, sign: str) -> None:
    """The year of a therapy, or an old illness that is back, leaves the present alone."""
    assert told(text, sign)


def test_a_pet_is_not_a_patient() -> None:
    """The nearest subject before the sign decides."""
    assert not told("our cat is bleeding", "bleeding")
    assert told("the dog looks at me while I am bleeding", "bleeding")


def test_no_reassurance_undoes_self_harm() -> None:
    """Words such as "fine now" close a nosebleed, never a wish to die."""
    assert not told("had a nosebleed, fine now", "nosebleed")
    assert told("wanted to die, fine now", "wanted to die", lasting=True)


def test_a_sentence_is_cut_out_with_the_next() -> None:
    """Offsets stay true, and the following sentence is at hand."""
    text = "one. two bleeding here! three"
    sentence = sentence_around(text, text.index("bleeding"), text.index("bleeding") + 8)

    assert (sentence.text.strip(), sentence.following.strip()) == ("two bleeding here", "three")
    assert text[sentence.start :].startswith(sentence.text)
