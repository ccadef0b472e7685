"""`roomdisplay admin doctor`: words for people, JSON for programs, an exit code for both."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from roomdisplay import cli
from roomdisplay.admin.jobs import Jobs
from roomdisplay.admin.news import DUE
from roomdisplay.admin.security.sealing import Sealer
from roomdisplay.connectors.base import Diagnosis
from roomdisplay.connectors.diagnosis import Finding, Verdict

KEY = b"k" * 32
BAD = Finding(
    check="reads_week",
    verdict=Verdict.BAD,
    diagnosis=Diagnosis("permission_missing"),
    detail="denied\x1b[2J\nby policy",
)


@pytest.fixture
def admin_sealer() -> Sealer:
    return Sealer(KEY, "test")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "seal.key"
    path.write_bytes(KEY)
    path.chmod(0o600)
    return path


async def doctor(house: Any, *arguments: str) -> int:
    data = str(house.admin.settings.data_dir)
    return await asyncio.to_thread(cli.main, ["admin", "doctor", "--data", data, *arguments])


async def test_findings_are_put_into_words_with_what_repairs_them(
    push_house: Any, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    push_house.service.findings = [BAD]
    assert await doctor(push_house, "--seal-key-file", str(key_file), "--language", "en") == 1
    said = capsys.readouterr().out
    assert "Calendars (push)" in said
    assert "[XX] A week of a calendar can be read" in said
    assert "the account may not do this" in said
    assert "give the account the right" in said
    assert "\x1b" not in said
    assert await doctor(push_house, "--seal-key-file", str(key_file), "--language", "fr") == 1
    assert "Une semaine d'un calendrier se lit" in capsys.readouterr().out


async def test_json_holds_what_a_program_needs(
    push_house: Any, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    push_house.service.findings = [Finding(check="signs_in", verdict=Verdict.GOOD)]
    arguments = ["--seal-key-file", str(key_file), "--json", "--room", "atlas"]
    assert await doctor(push_house, *arguments, "--send-test-meeting") == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["connection"], report["service"]) == ("Calendars", "push")
    assert report["findings"][0] == {
        "check": "signs_in",
        "verdict": "good",
        "reason": None,
        "params": {},
        "repair": "",
        "facts": {},
        "detail": "",
    }
    (probe,) = push_house.service.probes
    assert (probe.room, probe.invitation) == ("atlas", True)


async def test_who_cannot_look_says_why(
    push_house: Any, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = ("--seal-key-file", str(key_file))
    assert await doctor(push_house, *key, "--connection", "Nosuch") == 2
    assert "No calendar service is connected as 'Nosuch'" in capsys.readouterr().err
    nowhere = str(tmp_path / "nowhere")
    assert await asyncio.to_thread(cli.main, ["admin", "doctor", "--data", nowhere, *key]) == 2
    assert "There is no Admin Center's store" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()


async def test_without_the_key_the_running_admin_center_looks(
    push_house: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    push_house.service.findings = [BAD]
    jobs = Jobs(push_house.admin)
    await push_house.work()
    asked = len(push_house.service.probes)
    push_house.clock.run_from(datetime.now(UTC))
    running = asyncio.create_task(jobs.run())
    looking = asyncio.create_task(doctor(push_house, "--json"))
    try:
        async with asyncio.timeout(20):
            while not looking.done():
                push_house.admin.news.publish([DUE])  # as the minute's own look would
                await asyncio.sleep(0.05)
            assert await looking == 1
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert len(push_house.service.probes) == asked + 1
    (report,) = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "bad"


async def test_a_wrong_key_looks_at_nothing(
    push_house: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], key_file: Path
) -> None:
    assert await doctor(push_house, "--seal-key-file", str(key_file)) == 0
    wrong = tmp_path / "wrong.key"
    wrong.write_bytes(os.urandom(32))
    wrong.chmod(0o600)
    assert await doctor(push_house, "--seal-key-file", str(wrong)) == 2
    assert "sealed with another key" in capsys.readouterr().err
