"""The page that lists the places of the simulated community: plain, accessible HTML with nothing from elsewhere.

Pure: takes what is shown, returns text; serves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

STYLE = """
:root { color-scheme: light dark; --line: #b9c0cc; --soft: #f3f5f9; --ink: #1c2330; --link: #1f4fa3; --mark: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --line: #4a5263; --soft: #1d222c; --ink: #e7eaf0; --link: #9cc1ff; --mark: #f0c36a; }
  body { background: #12151b; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 46rem; color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 0; overflow-wrap: anywhere; }
section { border: 1px solid var(--line); border-radius: .6rem; background: var(--soft); padding: 1rem; margin: 1rem 0; }
section p { margin: .4rem 0; }
ul { margin: .4rem 0 .8rem; padding-left: 1.2rem; }
button { font: inherit; font-weight: 600; padding: .55rem 1rem; min-height: 2.75rem; border-radius: .5rem;
  border: 2px solid var(--link); background: transparent; color: var(--link); cursor: pointer; }
button:hover { text-decoration: underline; }
button:focus-visible, a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.note { border-left: .3rem solid var(--mark); padding-left: .8rem; }
a { color: var(--link); }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place that the visitor can open."""

    key: str
    heading: str
    about: str
    people: Sequence[str]
    to_try: Sequence[str]
    is_open: bool = False


def index_page(*, community: str, places: Sequence[Place], token: str, nonce: str, notes: Sequence[str]) -> str:
    """The whole page. `nonce` allows its one style sheet; `token` goes into the addresses of its forms."""
    noted = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    listed = "".join(_section(place, token) for place in places)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{escape(community)}: places</title>
<style nonce="{escape(nonce)}">{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(community)}</h1>
<p>The real Aftercare bot runs here in a simulated Discord, on this computer only. Everybody in it is invented, and so
is every post. Choose a place; you can write there and press every button. One place is open at a time: come back to
this page to change it.</p>
{noted}
{listed}
</main>
</body>
</html>
"""


def message_page(*, heading: str, sentence: str, nonce: str) -> str:
    """A page with one sentence, for what could not be done."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(heading)}</title>
<style nonce="{escape(nonce)}">{STYLE}</style>
</head>
<body><main><h1>{escape(heading)}</h1><p>{escape(sentence)}</p></main></body>
</html>
"""


def _section(place: Place, token: str) -> str:
    tries = "".join(f"<li>{escape(one)}</li>" for one in place.to_try)
    people = ", ".join(escape(one) for one in place.people)
    button = "Open again" if place.is_open else "Open"
    return f"""<section aria-labelledby="place-{escape(place.key)}">
<h2 id="place-{escape(place.key)}">{escape(place.heading)}</h2>
<p>{escape(place.about)}</p>
<p>You can act as: {people}.</p>
<ul>{tries}</ul>
<form method="post" action="/{escape(token)}/open/{escape(place.key)}">
<button type="submit">{button} {escape(place.heading)}</button>
</form>
</section>
"""
