"""The command line: translates words into calls, and errors into one sentence and an exit code.

Exit codes: 0 done, 1 found problems, 2 used wrongly. Holds no rule; heavy imports wait until their command is used.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from bot.core.errors import AftercareError, ProblemsError
from bot.core.posts import UserId

if TYPE_CHECKING:
    from bot.services.privacy import Privacy

T = TypeVar("T")

app = typer.Typer(name="aftercare", no_args_is_help=True, add_completion=False, rich_markup_mode=None)
responses = typer.Typer(no_args_is_help=True, help="What the bot says: lint the snippets, write them back to files.")
privacy = typer.Typer(no_args_is_help=True, help="A member's data: see it, remove it.")
app.add_typer(responses, name="responses")
app.add_typer(privacy, name="privacy")

Config = Annotated[Path, typer.Option("-c", "--config", help="Configuration file.")]
CONFIG = Path("config.yaml")
EXIT_PROBLEMS = 1


@app.command()
def run(config: Config = CONFIG) -> None:
    """Start the bot; needs DISCORD_TOKEN."""
    from bot.app import build_app, run_bot
    from bot.logs import configure_logs
    from bot.settings import load_secrets, load_settings

    settings, secrets = load_settings(config), load_secrets()
    token = secrets.discord_token
    if token is None:
        fail(
            "DISCORD_TOKEN is not set; expected the bot token from the developer portal:"
            " set it (docs/connect.md), or run `aftercare demo` to see the bot without Discord"
        )
    configure_logs(level=settings.log.level, style=settings.log.format)

    async def serve() -> None:
        built = await build_app(settings, secrets)
        await run_bot(built, token)

    until_stopped(serve())


@app.command()
def demo(
    script: Annotated[Path | None, typer.Option(help="A script to play (docs/demo-scripts.md).")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Play the script, print each step, exit.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Headless: one JSON object a line.")] = False,
    port: Annotated[int, typer.Option(help="Port on loopback; 0 takes a free one.", min=0, max=65535)] = 0,
    browser: Annotated[bool, typer.Option(help="Open the address in the browser.")] = True,
) -> None:
    """The real bot in a simulated community, in the browser or headless."""
    try:
        from bot.demo import open_demo, play_script
    except ModuleNotFoundError as error:
        fail(f"the demo needs {error.name}, which is not installed: run `pip install 'aftercare[demo]'` or `make run`")
    if headless:
        raise typer.Exit(asyncio.run(play_script(script, as_json=as_json)))
    if as_json:
        raise typer.BadParameter("--json prints a played script; add --headless")
    until_stopped(open_demo(script, port=port or None, browser=browser))


@app.command()
def check(
    config: Config = CONFIG,
    offline: Annotated[bool, typer.Option("--offline", help="Skip what needs Discord.")] = False,
) -> None:
    """List every problem with config, token, permissions, snippets, model and database."""
    from bot.checkup import Severity, check_everything
    from bot.logs import configure_logs
    from bot.settings import load_secrets

    configure_logs(level="error", style="console")
    findings = asyncio.run(check_everything(config, load_secrets(), offline=offline))
    table = Table(show_header=False, box=None, pad_edge=False)
    marks = {Severity.PROBLEM: "[red]problem[/]", Severity.WARNING: "[yellow]warning[/]", Severity.GOOD: "[green]ok[/]"}
    for finding in findings:
        table.add_row(marks[finding.severity], finding.area, finding.sentence)
    Console().print(table)
    if any(finding.severity is Severity.PROBLEM for finding in findings):
        raise typer.Exit(EXIT_PROBLEMS)


@app.command()
def classify(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", help="Posts, one JSON object a line.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to write; standard output if absent.")
    ] = None,
) -> None:
    """Read posts from a file and write what recognition says of each."""
    from classifiers.classify import classify as classify_file

    classify_file(source, output)


@app.command()
def evaluate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Labelled posts or pairs.")],
    baselines: Annotated[bool, typer.Option("--baselines", help="Put simple methods beside it.")] = False,
) -> None:
    """Print the results page for labelled files."""
    from classifiers.evaluate import evaluate as evaluate_files

    Console().print(evaluate_files(files, baselines=baselines).render())


@app.command()
def train(
    name: Annotated[
        str | None, typer.Option(help="Name of the run; the same name takes up an interrupted one.")
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="Version to write; the next free one of the month by default.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same result.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the corpus.", min=1)] = None,
) -> None:
    """Fine-tune a new model version from the corpus; takes up where an interrupted run stopped."""
    try:
        from classifiers.training.options import TrainOptions
        from classifiers.training.train import train as train_model
    except ModuleNotFoundError as error:
        fail(f"training needs {error.name}, which is not installed: run `pip install 'aftercare[train]'`")
    given: dict[str, Any] = {"name": name, "version": version, "seed": seed, "epochs": epochs}
    options = TrainOptions(**{key: value for key, value in given.items() if value is not None})
    Console().print(f"written: {train_model(options)}")


@app.command()
def promote(version: Annotated[str, typer.Argument(help="A folder in classifiers/models.")]) -> None:
    """Make a model version the one in use, if its gates pass."""
    from classifiers.promote import promote as promote_version

    promote_version(version)
    Console().print(f"in use: {version}")


@app.command("notes-key")
def notes_key() -> None:
    """Print a new key for AFTERCARE_NOTES_KEY."""
    from cryptography.fernet import Fernet

    typer.echo(Fernet.generate_key().decode())


@responses.command("check")
def responses_check() -> None:
    """Lint every snippet, phrase and contact."""
    from datetime import UTC, datetime

    from responses.check import check as check_responses

    raise typer.Exit(check_responses(today=datetime.now(UTC).date()))


@responses.command("export")
def responses_export(folder: Annotated[Path, typer.Argument(help="Folder to write to.")]) -> None:
    """Write the live texts to files."""
    from responses.check import export

    for path in export(folder):
        typer.echo(str(path))


@privacy.command("export")
def privacy_export(
    user_id: Annotated[int, typer.Argument(help="The member's Discord id.")], config: Config = CONFIG
) -> None:
    """Print everything that is kept about a member, as JSON."""
    typer.echo(_with_privacy(config, lambda service: service.export(UserId(user_id))).decode())


@privacy.command("erase")
def privacy_erase(
    user_id: Annotated[int, typer.Argument(help="The member's Discord id.")], config: Config = CONFIG
) -> None:
    """Remove or detach everything that is tied to a member."""
    removed = _with_privacy(config, lambda service: service.erase(UserId(user_id)))
    typer.echo(f"{removed} rows removed or detached")


def _with_privacy(config: Path, use: Callable[["Privacy"], Awaitable[T]]) -> T:
    from bot.app import with_privacy
    from bot.logs import configure_logs
    from bot.settings import load_secrets, load_settings

    settings = load_settings(config)
    configure_logs(level="warning", style=settings.log.format)
    return asyncio.run(with_privacy(settings, load_secrets(), use))


def until_stopped(work: Coroutine[Any, Any, T]) -> None:
    """Run until the work ends, or until Ctrl-C or SIGTERM ask it to; stopping is no error."""

    async def supervised() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(supervised())


def fail(sentence: str) -> NoReturn:
    """Say what is wrong on standard error and end with exit code 1."""
    typer.echo(sentence, err=True)
    raise typer.Exit(EXIT_PROBLEMS)


def main() -> None:
    """Run a command; what a person can mend is told in a sentence, without a traceback."""
    try:
        app()
    except ProblemsError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        sys.exit(EXIT_PROBLEMS)
    except AftercareError as error:
        typer.echo(str(error), err=True)
        sys.exit(EXIT_PROBLEMS)
