"""The rules of the house plan that a machine can hold: who imports whom, how large files grow, what has no place."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "classifiers", "responses", "training_data")
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 60


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks or would track."""
    listed = subprocess.run(  # noqa: S603 - fixed arguments
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],  # noqa: S607 - git from the path
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


SOURCES = [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in (*PACKAGES, "benchmarks")]
ALL_PYTHON = tracked("*.py")


def name_of(path: Path) -> str:
    """The dotted module name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                found.update({module, *(f"{module}.{alias.name}" for alias in names)})
    return found


def inside(name: str, *rooms: str) -> bool:
    """Does a module name lie in one of the rooms?"""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def importers(*modules: str) -> dict[str, set[str]]:
    """Source modules that import one of the given modules, with what they import of it."""
    found = {}
    for path in SOURCES:
        hits = {one for one in imports_of(path) if inside(one, *modules)}
        if hits:
            found[name_of(path)] = hits
    return found


def strays(modules: tuple[str, ...], allowed: tuple[str, ...]) -> dict[str, set[str]]:
    """Importers that stand outside the allowed rooms."""
    return {name: hits for name, hits in importers(*modules).items() if not inside(name, *allowed)}


def test_there_is_something_to_check():
    """The checks below see the real sources."""
    assert len(SOURCES) > 20
    assert "bot.core.policy" in {name_of(path) for path in SOURCES}


def test_the_core_imports_the_standard_library_and_itself():
    """Rule 1: the core is pure."""
    allowed = ("bot.core", "bot", "collections", "dataclasses", "datetime", "enum", "typing", "contextlib")
    for path in SOURCES:
        if inside(name_of(path), "bot.core"):
            assert {one for one in imports_of(path) if not inside(one, *allowed)} == set(), path
            assert not any(inside(one, "bot") and not inside(one, "bot.core") for one in imports_of(path)), path


@pytest.mark.parametrize(
    ("modules", "rooms"),
    [
        pytest.param(("discord",), ("bot.gateway", "bot.demo"), id="discord"),
        pytest.param(("simcord",), ("bot.demo",), id="simcord"),
        pytest.param(("sqlalchemy", "alembic", "aiosqlite", "asyncpg"), ("bot.store", "bot.app"), id="sqlalchemy"),
        pytest.param(("onnxruntime",), ("classifiers.runtime", "classifiers.runtime_quantise"), id="onnxruntime"),
        pytest.param(("torch", "transformers", "peft"), ("classifiers.training", "benchmarks"), id="torch"),
        pytest.param(
            ("bot.gateway",),
            ("bot.gateway", "bot.app", "bot.demo", "bot.cli", "bot.checkup"),
            id="gateway-stays-outside",
        ),
        pytest.param(("bot.store",), ("bot.store", "bot.app", "bot.checkup", "bot.cli"), id="store-stays-outside"),
        pytest.param(
            ("classifiers",), ("classifiers", "bot.app", "bot.cli", "bot.checkup", "benchmarks"), id="classifiers"
        ),
        pytest.param(("responses",), ("responses", "bot.app", "bot.cli", "bot.checkup"), id="responses"),
        pytest.param(("training_data",), ("training_data", "classifiers", "benchmarks"), id="training-data"),
        pytest.param(
            ("bot.services",), ("bot.services", "bot.app", "bot.cli", "bot.checkup", "bot.demo"), id="services"
        ),
        pytest.param(("bot.app",), ("bot.app", "bot.cli", "bot.demo", "benchmarks"), id="composition-root"),
    ],
)
def test_a_module_is_imported_only_where_it_belongs(modules, rooms):
    """Rules 2 and 3: rooms on the outside never import one another; they meet through ports."""
    assert strays(modules, rooms) == {}


def test_only_settings_reads_the_environment():
    """Rule 4: secrets and switches come through one door."""
    offenders = [
        name_of(path)
        for path in SOURCES
        if re.search(r"os\.environ|os\.getenv|environb", path.read_text(encoding="utf-8"))
        and not inside(name_of(path), "bot.settings", "classifiers.training")
    ]

    assert offenders == []


def test_the_core_knows_no_clock_and_no_chance():
    """Rule 5: now, ids and randomness are arguments."""
    for path in SOURCES:
        if inside(name_of(path), "bot.core"):
            assert not re.search(r"\.now\(|\.today\(|\btime\.|\brandom\b|uuid", path.read_text(encoding="utf-8")), path


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", ALL_PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    """A file that outgrows 350 lines wants to be two; a function that outgrows 60 hides a decision."""
    source = path.read_text(encoding="utf-8")
    long = [
        node.name
        for node in functions(ast.parse(source))
        if (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]

    assert len(source.splitlines()) <= MAX_FILE_LINES
    assert long == []


def test_no_room_is_called_after_what_it_is_not():
    """A folder or file named for nothing in particular collects everything."""
    vague = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}

    assert [path for path in ALL_PYTHON if vague & set(path.with_suffix("").parts)] == []


def test_the_top_level_is_the_design_card():
    """The top level holds what the card lists and nothing else."""
    listed = {
        *PACKAGES, "tests", "docs", "benchmarks", ".ci",
        "config.yaml", "pyproject.toml", "README.md", "Makefile", ".gitignore",
    }  # fmt: skip

    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= listed


def test_every_module_says_what_it_is_for():
    """A docstring opens each source file."""
    silent = [name_of(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]

    assert silent == []


def test_no_machine_path_and_no_registry_host_is_written_down():
    """What is committed runs anywhere and names no place of the machine it was made on."""
    pattern = re.compile(
        r"/(work|root|home/\w+)/|/tmp/(?!\{)|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian"
    )
    texts = [
        path
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".json", ".cfg", ""}
    ]
    found = [
        str(path.relative_to(ROOT))
        for path in texts
        if path != Path(__file__).resolve() and pattern.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]

    assert found == []


def test_serving_never_imports_torch():
    """The door to the bot opens without the training libraries, the simulator or SciPy."""
    import sys

    script = (
        "import sys, bot.app, bot.cli;"
        "heavy = {'torch','transformers','peft','simcord','sklearn','scipy'} & set(sys.modules);"
        "print(sorted(heavy)); sys.exit(bool(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603

    assert done.returncode == 0, done.stdout + done.stderr
