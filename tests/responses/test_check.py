"""The lint: every rule refuses its example, and everything that ships passes."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from responses.check import check, export, lint_all
from responses.findings import Severity
from responses.library import SHIPPED
from responses.rules import RULES

Rewrite = Callable[[str, str, str], Path]

BAD_WORDING = [
    ("second-person", "It sounds as if you have a low count."),
    ("second-person", "You don't have anything."),
    ("second-person", "You\u2019re fine."),
    ("second-person", "You may have had this before."),
    ("second-person", "Show your results to a nurse."),
    ("second-person", "They probably have it."),
    ("second-person", "Sit with your husband."),
    ("reassurance", "There is nothing to worry about."),
    ("reassurance", "This is probably stress."),
    ("reassurance", "It will pass."),
    ("echo", "You wrote about a rash."),
    ("echo", "Thanks for your post."),
    ("urgency-word", "This is urgent."),
    ("urgency-word", "This is an emergency."),
    ("urgency-word", "A same-day sign."),
    ("urgency-word", "People at high risk should call."),
    ("dose", "Use 500 mg twice."),
    ("dose", "Two tablets are enough."),
    ("dose", "Stop taking it."),
    ("dose", "Take some paracetamol."),
    ("percentage", "It happens to 42 % of people."),
    ("percentage", "It happens to 42 percent of people."),
    ("lab-value", "Platelets below 20 are too few."),
    ("lab-value", "A raised creatinine matters."),
    ("lab-value", "A normal result is good."),
    ("disorder", "It may be ITP."),
    ("disorder", "This can be a sign of a stroke."),
    ("disorder", "Graves can come later."),
    ("111", "Call 111."),
    ("number", "Call 0800 12."),
    ("number", "Call 13 11 14."),
    ("placeholder", "Hello {{ name }}."),
    ("placeholder", "Hello @everyone."),
    ("ai-doctor", "The bot thinks so."),
    ("ai-doctor", "This is not a diagnosis."),
]


@pytest.mark.parametrize(("rule", "sentence"), BAD_WORDING, ids=[f"{r}: {s}" for r, s in BAD_WORDING])
def test_refuses_bad_wording_where_it_stands(rule: str, sentence: str, folder: Path, today: date) -> None:
    """Each kind of forbidden wording is found in the line in which it stands."""
    path = folder / "snippets" / "bowel.md"
    path.write_text(path.read_text(encoding="utf-8") + f"\n{sentence}\n", encoding="utf-8")
    last = len(path.read_text(encoding="utf-8").splitlines())

    findings = [f for f in lint_all(folder, today=today) if f.rule == rule]

    assert [(f.file, f.line, f.severity) for f in findings][:1] == [("snippets/bowel.md", last, Severity.ERROR)]


def test_every_wording_rule_has_a_bad_example() -> None:
    """No rule of the table goes untried."""
    assert {rule.name for rule in RULES} == {rule for rule, _ in BAD_WORDING}


def test_finds_wording_that_is_cut_by_a_line_end(folder: Path, today: date) -> None:
    """A forbidden phrase does not escape by wrapping."""
    path = folder / "snippets" / "bowel.md"
    path.write_text(path.read_text(encoding="utf-8") + "\nIt seems that you\nhave it.\n", encoding="utf-8")

    assert "second-person" in {f.rule for f in lint_all(folder, today=today)}


def test_allows_a_percentage_with_its_denominator(folder: Path, today: date) -> None:
    """`n of N people` in the same sentence makes a percentage honest."""
    path = folder / "snippets" / "bowel.md"
    path.write_text(path.read_text(encoding="utf-8") + "\nIt was 8 of 19 people (42 %).\n", encoding="utf-8")

    assert lint_all(folder, today=today) == []


BAD_FILES = [
    ("source", 'reference: "pmid:37706451"', 'reference: "pmid:none"'),
    ("source", 'reference: "pmid:37706451"', 'reference: "http://example.org/x"'),
    ("source", 'date: "undated"', 'date: "last year"'),
    ("disorder", "Reports to the US medicines agency", "Reports of colitis to the US medicines agency"),
    ("emergency", "emergency number", "usual number"),
    ("form", "topic: bowel", "topic: bowels"),
    ("form", "topic: bowel", "topic: bowel\ntopik: bowel"),
    ("form", "topic: bowel", "topic: bowel\ntopic: bowel"),
    ("form", "id: bowel", "id: bowels"),
    ("form", "language: en", "language: English"),
    ("form", "concerns: [secondary_autoimmunity]", "concerns: []"),
    ("form", "regions: all", "regions: [mars]"),
    ("form", "status: draft-for-clinical-review", "status: approved"),
    ("form", "review_due: 2027-05-22", "review_due: soon"),
    ("form", "title: ", "title: ["),
    ("rivals", "topic: bowel", "topic: kidney"),
    ("coverage", "topic: bowel", "topic: kidney"),
    ("coverage", "regions: all", "regions: [uk]"),
    ("coverage", "status: draft-for-clinical-review", "status: retired"),
]


@pytest.mark.parametrize(("rule", "old", "new"), BAD_FILES, ids=[f"{r}: {n}" for r, _, n in BAD_FILES])
def test_refuses_bad_form(rule: str, old: str, new: str, folder: Path, rewrite: Rewrite, today: date) -> None:
    """Each rule on front matter, sources and coverage refuses its example."""
    rewrite("snippets/bowel.md", old, new)

    findings = lint_all(folder, today=today)

    assert rule in {f.rule for f in findings if f.severity is Severity.ERROR}


def _add(path: Path, words: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + words, encoding="utf-8")


def test_refuses_a_hard_text(folder: Path, today: date) -> None:
    """A text above grade 8 is refused with its grade."""
    hard = (
        "Notwithstanding considerable individual variability, comprehensive interdisciplinary evaluation is necessary."
    )
    _add(folder / "snippets" / "crisis.md", f"\n{hard}\n" * 3)

    [finding] = lint_all(folder, today=today)

    assert finding.rule == "grade"
    assert re.search(r"grade \d+\.\d", finding.found)


def test_refuses_a_long_text(folder: Path, today: date) -> None:
    """A card that does not fit a phone is refused with its length."""
    _add(folder / "snippets" / "bowel.md", "\nCall the MS nurse." * 30)

    assert [f.rule for f in lint_all(folder, today=today)] == ["length"]


def test_refuses_a_medical_card_without_sources(folder: Path, rewrite: Rewrite, today: date) -> None:
    """Only the crisis and the dosing card may lack sources."""
    path = folder / "snippets" / "bowel.md"
    head, tail = path.read_text(encoding="utf-8").split("sources:", 1)
    path.write_text(f"{head}sources: []\nreviewed_by{tail.split('reviewed_by', 1)[1]}", encoding="utf-8")

    assert [f.rule for f in lint_all(folder, today=today)] == ["source"]


def test_refuses_a_skin_card_that_forgets_dark_skin(folder: Path, rewrite: Rewrite, today: date) -> None:
    """Cards on skin signs say where to look on brown or black skin."""
    rewrite("snippets/liver.md", "brown or black skin", "some skin")

    assert [f.rule for f in lint_all(folder, today=today)] == ["skin"]


def test_asks_for_carer_wording(folder: Path, today: date) -> None:
    """The six gravest topics need a wording for carers."""
    (folder / "snippets" / "crisis-carer.md").unlink()

    [finding] = lint_all(folder, today=today)

    assert finding.rule == "coverage"
    assert "carers" in finding.found


@pytest.mark.parametrize(
    ("days_before", "severity"),
    [(31, None), (30, Severity.WARNING), (1, Severity.WARNING), (0, Severity.ERROR), (-1, Severity.ERROR)],
)
def test_warns_before_a_review_is_due(days_before: int, severity: Severity | None, folder: Path) -> None:
    """A review due within 30 days is a warning, on the day an error."""
    day = date(2027, 5, 22) - timedelta(days=days_before)

    found = {f.severity for f in lint_all(folder, today=day) if f.rule == "review"}

    assert found == ({severity} if severity else set())


@pytest.mark.parametrize(
    ("name", "old", "new", "part"),
    [
        ("referrals.yaml", 'number: "999", verified: true', 'number: "111", verified: true', "111"),
        ("referrals.yaml", "  default: [emergency, urgent_care]\n", "", "default"),
        ("referrals.yaml", "date: 2021", "dated: 2021", "date"),
        ("referrals.yaml", "  crisis: [emergency, crisis]", "  crises: [crisis]", "Did you mean 'crisis'?"),
        ("referrals.yaml", "  crisis: [emergency, crisis]", "  crisis: [emergency, ms_organisation]", "exactly"),
        ("referrals.yaml", ', source: "https://www.westsussextoday.co.uk/", date: 2021', "", "needs a source"),
        ("referrals.yaml", 'Samaritans, number: "116 123"', "Samaritans", "a number or a url"),
        ("referrals.yaml", "or 000)", "000 or 111)", "111"),
        ("referrals.yaml", "or 000)", "000 or NHS 111)", "111"),
        ("referrals.yaml", 'number: "112", verified: false', 'number: "111", verified: false', "111 in 'uk'"),
        ("referrals.yaml", 'Need to talk, number: "1737"', 'Need to talk, number: "111"', "111 in 'nz'"),
        ("referrals.yaml", 'Emergency, number: "111"', 'Emergency, number: "111 or 112"', "111 in 'nz'"),
        ("referrals.yaml", "label: Healthline", "label: Healthline 111", "111 in 'nz'"),
        ("referrals.yaml", "  nz:", "  zz:", "nz"),
        ("referrals.yaml", "regions:", "regions: [", "YAML"),
        ("phrases.yaml", "{{ community }}", "{{ author }}", "author"),
        ("phrases.yaml", "{{ community }}", "{{ community", "placeholder"),
        ("phrases.yaml", "{{ community }}", "{% if x %}a{% endif %}", "placeholder"),
        ("phrases.yaml", "  ask_human: Ask a human\n", "", "ask_human"),
        ("phrases.yaml", "Not about me", "You have it", "you have"),
        ("phrases.yaml", "en:", "de:", "English"),
    ],
)
def test_refuses_bad_contacts_and_phrases(
    name: str, old: str, new: str, part: str, folder: Path, rewrite: Rewrite, today: date
) -> None:
    """Contacts and phrases are checked as strictly as snippets."""
    rewrite(name, old, new)

    findings = [f for f in lint_all(folder, today=today) if f.file == name]

    assert findings
    assert part.lower() in " ".join(map(str, findings)).lower()


def test_what_ships_is_clean(today: date) -> None:
    """The shipped library has no finding at all."""
    assert lint_all(today=today) == []


def test_check_prints_findings_and_fails(folder: Path, rewrite: Rewrite, today: date) -> None:
    """The command prints file, line, finding and reason, and returns 1; a clean folder returns 0."""
    lines: list[str] = []
    assert check(folder, today=today, write=lines.append) == 0
    assert lines == ["26 snippets, 26 unsigned, 0 errors, 0 warnings"]
    rewrite("snippets/bowel.md", "fainting", "an emergency")

    lines.clear()
    assert check(folder, today=today, write=lines.append) == 1
    assert lines[0].startswith("snippets/bowel.md:")


def test_check_is_a_command_of_its_own(capsys: pytest.CaptureFixture[str], today: date) -> None:
    """Without a writer the summary goes to standard output."""
    code = check(today=today)

    assert (type(code), code) == (int, 0)
    assert "26 snippets" in capsys.readouterr().out


def test_export_writes_back_the_same_bytes(tmp_path: Path) -> None:
    """Exported files equal the ones that ship, byte for byte."""
    written = export(tmp_path / "out")

    assert len(written) == len(list((SHIPPED / "snippets").glob("*.md"))) + 2
    for path in written:
        assert path.read_bytes() == (SHIPPED / path.relative_to(tmp_path / "out")).read_bytes()


def test_export_leaves_retired_snippets_out(folder: Path, rewrite: Rewrite, tmp_path: Path) -> None:
    """Only live wordings are exported."""
    rewrite("snippets/bowel.md", "status: draft-for-clinical-review", "status: retired")

    assert tmp_path / "out/snippets/bowel.md" not in export(tmp_path / "out", folder=folder)
