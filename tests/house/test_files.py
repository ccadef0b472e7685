"""Rules of the house about the files themselves, that no linter knows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sorted(
    path
    for folder in ("roomdisplay", "tests", "benchmarks", "scripts", "packaging")
    for path in (ROOT / folder).rglob("*.py")
    if "versions" not in path.parts  # a migration is as long as its tables
)
QML = sorted((ROOT / "roomdisplay").rglob("*.qml"))
TEXT = sorted(
    path
    for pattern in (
        "*.md", "*.toml", "Makefile", ".ci/run", "docs/**/*.md", "requirements/*", "scripts/*",
        "systemd/**/*", "packaging/**/*", "benchmarks/**/*", "roomdisplay/**/*", "tests/**/*",
    )
    for path in ROOT.glob(pattern)
    if path.suffix in {"", ".md", ".toml", ".txt", ".lock", ".in", ".py", ".qml", ".sh", ".html",
                       ".service", ".conf", ".xml", ".rules", ".json", ".po", ".css", ".js"}
    and path.is_file()
    and path != Path(__file__)  # which has to name what it looks for
)  # fmt: skip

PROGRAM, TEST, HARD = 320, 400, 560
# Longer than that, each for its reason.
LONGER = {
    "roomdisplay/model/roomstate.py": "the precedence of states is one argument",
    "roomdisplay/connectors/base.py": "the contract is read as one",
    "roomdisplay/connectors/contract.py": "the suite that every connector passes",
    "tests/connectors/test_caldav_quirks.py": "a table of what servers get wrong",
    "tests/connectors/test_reading.py": "a table of what calendars do with recurrence",
}


def limit(name: str) -> int:
    return TEST if name.startswith("tests/") else PROGRAM


@pytest.mark.parametrize("path", [*PYTHON, *QML], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_enough_to_be_read_at_one_sitting(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    name = str(path.relative_to(ROOT))

    assert lines <= (HARD if name in LONGER else limit(name)), f"{name} has {lines} lines"


def test_every_exception_to_the_length_is_still_needed() -> None:
    lengths = {name: len((ROOT / name).read_text("utf-8").splitlines()) for name in LONGER}

    assert {name: lines for name, lines in lengths.items() if lines <= limit(name)} == {}


WAITING = re.compile(r"\btime\.sleep\(|\bqtbot\.wait\(|patch\(\s*f?[\"']roomdisplay")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|opt/pypi\S*|opt/wheels)/|\.\./shared")


@pytest.mark.parametrize(
    "path",
    [path for path in PYTHON if "tests" in path.parts and path != Path(__file__)],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_tests_wait_for_events_and_do_not_replace_our_own_code(path: Path) -> None:
    assert WAITING.findall(path.read_text(encoding="utf-8")) == []


def test_nothing_depends_on_the_machine_it_was_written_on() -> None:
    found = {
        str(path.relative_to(ROOT)): hits
        for path in TEXT
        if (hits := MACHINE_PATHS.findall(path.read_text(encoding="utf-8", errors="replace")))
    }

    assert found == {}


@pytest.mark.parametrize(
    "lock", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda p: p.name
)
def test_a_lock_pins_and_hashes_every_package_and_names_no_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]

    assert lines
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []
    assert "://" not in text


def test_the_locks_cover_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]

    def missing(lock: str, *names: str) -> set[str]:
        asked = [*project["dependencies"], *(need for name in names for need in extras[name])]
        text = (ROOT / "requirements" / f"{lock}.lock").read_text("utf-8")
        pinned = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
        wanted = {re.split(r"[\[<>=~ ;]", need)[0].lower().replace("_", "-") for need in asked}
        return wanted - pinned

    assert missing("dev", "display", "admin", "dev") == set()
    assert missing("demo", "display", "admin") == set()
    assert missing("admin", "admin") == set()
    assert missing("display", "display", "admin") == {"pyside6-essentials"}  # Debian's own there
