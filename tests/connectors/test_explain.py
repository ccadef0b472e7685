"""`roomdisplay explain feed` as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from roomdisplay import cli

OFFICE = Path(__file__).parent / "feeds" / "office.ics"


def arguments(
    source: object, *more: str, first: str = "2026-11-23", last: str = "2026-11-27"
) -> list[str]:
    return ["explain", "feed", str(source), "--from", first, "--to", last, *more]


def explain(argv: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[Any, str]:
    assert cli.main(argv) == 0
    out, err = capsys.readouterr()
    return json.loads(out), err


def test_the_golden_feed(capsys: pytest.CaptureFixture[str]) -> None:
    rows, err = explain(arguments(OFFICE, "--tz", "Europe/Berlin", "--json"), capsys)
    assert rows == [
        {
            "id": "weekly@example/20261123T080000Z",
            "title": "Weekly planning (longer)",
            "start": "2026-11-23T08:30:00+01:00",
            "end": "2026-11-23T11:00:00+01:00",
            "all_day": False,
        },
        {
            "id": "private@example",
            "title": "Interview with É. Müller",
            "start": "2026-11-24T15:30:00+01:00",
            "end": "2026-11-24T16:15:00+01:00",
            "all_day": False,
        },
        {
            "id": "broken@example",
            "title": "No start",
            "start": None,
            "end": None,
            "all_day": False,
            "left_out": "malformed",
        },
        {
            "id": "fair@example",
            "title": "Trade fair",
            "start": "2026-11-24T00:00:00+01:00",
            "end": "2026-11-26T00:00:00+01:00",
            "all_day": True,
            "left_out": "free_time",
        },
        {
            "id": "gone@example",
            "title": "Called off",
            "start": "2026-11-24T13:00:00+01:00",
            "end": "2026-11-24T14:00:00+01:00",
            "all_day": False,
            "left_out": "cancelled",
        },
    ]
    assert "broken@example" in err


def test_a_url(web: Any, capsys: pytest.CaptureFixture[str]) -> None:
    web.respond = lambda request: request.reply(200, OFFICE.read_bytes())
    rows, _ = explain(arguments(f"{web.url}/room.ics", "--json"), capsys)
    assert rows[0]["start"] == "2026-11-23T07:30:00+00:00"


def test_for_people(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    feed = tmp_path / "odd.ics"
    text = OFFICE.read_text("utf-8").replace("Weekly planning (longer)", "\x1b[31mRed\u202eder")
    feed.write_text(text, "utf-8")
    assert cli.main(arguments(feed)) == 0
    out = capsys.readouterr().out
    assert "[31mRedder" in out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "[cancelled]" in out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (arguments("/nowhere/room.ics"), "No such file"),
        (arguments(Path(__file__).parent), "directory"),
        (arguments(__file__), "not a calendar"),
        (arguments(OFFICE, "--tz", "Europe/Atlantis"), "no time zone"),
        (arguments(OFFICE, "--tz", "../../etc/passwd"), "no time zone"),
        (arguments(OFFICE, first="2026-11-27", last="2026-11-23"), "--to must be after --from"),
        (arguments("ftp://x.example/room.ics"), "an address begins with"),
        (arguments("http://169.254.169.254/room.ics"), "never asked"),
    ],
)
def test_bad_input(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err


@pytest.mark.parametrize("argv", [arguments(OFFICE, first="tomorrow"), ["explain", "feed"]])
def test_bad_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2
    assert "usage: roomdisplay explain feed" in capsys.readouterr().err


def test_overviews(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    assert "explain feed" in capsys.readouterr().out
    assert cli.main(["explain", "--help"]) == 0
    assert "explain feed" in capsys.readouterr().out
    assert cli.main([]) == 2
    assert cli.main(["explian"]) == 2
    assert "no command 'explian'" in capsys.readouterr().err
    assert cli.main(["--version"]) == 0


def test_a_command_imports_only_what_it_needs() -> None:
    program = (
        "import sys, roomdisplay.cli as cli\n"
        f"assert cli.main({arguments(OFFICE, '--json')!r}) == 0\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'PySide6', 'httpx', 'lxml', 'sqlalchemy', 'litestar'}, loaded\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
