"""The command line as people type it: exit codes, sentences, and no traceback for what a person can mend."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def aftercare(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder of its own, with a clean environment."""
    kept = {key: value for key, value in os.environ.items() if key not in {"DISCORD_TOKEN", "AFTERCARE_NOTES_KEY"}}
    return subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "bot", *words],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def write_config(folder: Path, text: str) -> None:
    """Put a configuration where the command looks for it."""
    (folder / "config.yaml").write_text(text, encoding="utf-8")


def test_without_a_token_run_says_what_to_do(tmp_path):
    """One sentence, exit code 1, and the way to the demo."""
    write_config(tmp_path, "communities: []")

    done = aftercare("run", cwd=tmp_path)

    assert done.returncode == 1
    assert "DISCORD_TOKEN is not set" in done.stderr
    assert "aftercare demo" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_configuration_is_named(tmp_path):
    """The path that was looked for, and what to do."""
    done = aftercare("run", "-c", "nowhere.yaml", cwd=tmp_path)

    assert done.returncode == 1
    assert "nowhere.yaml: no such file" in done.stderr


def test_every_problem_of_a_configuration_is_listed_at_once(tmp_path):
    """Three mistakes, three lines, the nearest valid names."""
    write_config(
        tmp_path,
        "databse: {}\nlog: {level: infos}\ncommunities:\n  - guild_id: 1\n    moderators: {channel: 2}\n",
    )

    done = aftercare("check", "--offline", cwd=tmp_path)

    assert done.returncode == 1
    for words in ("did you mean `database`", "did you mean `info`", "communities.0.moderators.role: is missing"):
        assert words in done.stdout


def test_wrong_use_is_exit_code_two(tmp_path):
    """As the contract says."""
    assert aftercare("fly", cwd=tmp_path).returncode == 2


def test_check_offline_reports_model_snippets_and_database(tmp_path):
    """A sound installation without a token: one problem, the token."""
    write_config(tmp_path, "communities: []")

    done = aftercare("check", "--offline", cwd=tmp_path)

    lines = [line.split() for line in done.stdout.splitlines() if line.strip()]
    problems = [line[1] for line in lines if line[0] == "problem"]
    assert problems == ["token"], done.stdout
    assert ["ok", "model"] in [line[:2] for line in lines]
    assert ["ok", "database"] in [line[:2] for line in lines]
    assert done.returncode == 1


def test_check_with_a_token_offline_passes(tmp_path):
    """Nothing is wrong, exit code 0, and nothing was made on disk."""
    write_config(tmp_path, "communities: []")

    done = aftercare("check", "--offline", cwd=tmp_path, DISCORD_TOKEN="invented")

    assert done.returncode == 0, done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml"]
    assert "invented" not in done.stdout + done.stderr


def test_a_damaged_model_is_a_sentence(tmp_path):
    """The folder, what was expected, no traceback."""
    (tmp_path / "model").mkdir()
    write_config(tmp_path, "communities: []\nmodel: {folder: model}")

    done = aftercare("check", "--offline", cwd=tmp_path, DISCORD_TOKEN="invented")

    assert done.returncode == 1
    assert "problem" in done.stdout
    assert "model" in done.stdout
    assert "Traceback" not in done.stderr


def test_classify_keeps_the_contract(tmp_path):
    """Every field of the contract, in the order of the input."""
    posts = [
        {"id": "a", "text": "good morning everybody, lovely frost on the shed today"},
        {"id": "b", "text": "nose has been pouring for an hour and it will not stop", "context": ["lem was last year"]},
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(post) + "\n" for post in posts), encoding="utf-8")

    done = aftercare("classify", "in.jsonl", "-o", "out.jsonl", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    calm, urgent = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    expected = {
        "id", "flagged", "concerns", "concern_p", "urgency", "urgency_p", "experiencer", "status", "red_flags", "spans",
        "review", "model",
    }  # fmt: skip
    assert set(calm) == set(urgent) == expected
    assert (calm["id"], calm["flagged"]) == ("a", False)
    assert (urgent["id"], urgent["flagged"]) == ("b", True)


def test_privacy_commands_work_on_the_database(tmp_path):
    """Export of an unknown member is empty, erasing one touches nothing."""
    write_config(tmp_path, "communities: []\ndatabase: {url: 'sqlite:///x.sqlite'}")

    shown = aftercare("privacy", "export", "12345", cwd=tmp_path)
    erased = aftercare("privacy", "erase", "12345", cwd=tmp_path)

    assert shown.returncode == 0, shown.stderr
    assert all(rows == [] for rows in json.loads(shown.stdout).values())
    assert erased.stdout.startswith("0 rows")


def test_notes_key_prints_a_usable_key(tmp_path):
    """The key opens what it locks."""
    from cryptography.fernet import Fernet

    key = aftercare("notes-key", cwd=tmp_path).stdout.strip()

    assert Fernet(key).decrypt(Fernet(key).encrypt(b"x")) == b"x"


def test_responses_check_passes_on_what_ships(tmp_path):
    """The library is lint-free, and export writes every live snippet."""
    checked = aftercare("responses", "check", cwd=tmp_path)
    exported = aftercare("responses", "export", "out", cwd=tmp_path)

    assert checked.returncode == 0, checked.stdout
    assert exported.returncode == 0
    shipped = {path.name: path.read_bytes() for path in (ROOT / "responses" / "snippets").glob("*.md")}
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*.md")}
    assert written == shipped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_stopping_ends_within_five_seconds_without_a_traceback(tmp_path, number):
    """Wherever the bot is (here: trying to reach a Discord that does not answer), it goes when told to."""
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/api/v10"
        write_config(tmp_path, f"communities: []\ndiscord: {{api_base: '{address}'}}")
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DISCORD_TOKEN": "invented"},
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.settimeout(60)
        connection, _ = silent.accept()
        begun = time.monotonic()
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        connection.close()

    assert time.monotonic() - begun < 5
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


def test_an_invalid_token_is_one_sentence(tmp_path):
    """Discord's 401 becomes a sentence and exit code 1."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Refusing(BaseHTTPRequestHandler):
        """Says 401 to everything, as Discord does to a wrong token."""

        def do_GET(self) -> None:
            body = b'{"message": "401: Unauthorized", "code": 0}'
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    write_config(tmp_path, f"communities: []\ndiscord: {{api_base: 'http://127.0.0.1:{server.server_port}/api/v10'}}")

    done = aftercare("run", cwd=tmp_path, DISCORD_TOKEN="invented")
    server.shutdown()
    server.server_close()

    assert done.returncode == 1
    assert "refused the bot token" in done.stderr
    assert "Traceback" not in done.stderr
