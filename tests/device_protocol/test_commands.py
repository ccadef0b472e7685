"""The commands as a person calls them: a real process against a real Admin Center."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.use_cases.activation import make_activation_codes
from roomdisplay.admin.use_cases.devices import list_devices
from roomdisplay.model.room import Place


class Prompt:
    """A terminal at one display."""

    def __init__(self, state: Path, environ: Mapping[str, str]) -> None:
        self.state = state
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.environ = {**kept, "HOME": str(state.parent), **environ}

    async def begin(self, *words: str, key: bool = True) -> asyncio.subprocess.Process:
        arguments = ["--state-dir", str(self.state)]
        if key:
            arguments += ["--insecure-key-file", str(self.state.with_suffix(".key"))]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "roomdisplay.cli",
            *words,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environ,
        )

    async def run(self, *words: str, typed: str = "", key: bool = True) -> tuple[int, str, str]:
        process = await self.begin(*words, key=key)
        out, err = await process.communicate(typed.encode())
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
def prompt(center, tmp_path: Path) -> Prompt:
    return Prompt(tmp_path / "display", {"ROOMDISPLAY_SERVER": center.origin})


async def status(prompt: Prompt) -> dict[str, object]:
    code, out, err = await prompt.run("status", "--json")
    assert (code, err) == (0, "")
    answer: dict[str, object] = json.loads(out)
    return answer


async def test_pair_by_code_status_unpair(center, prompt) -> None:
    room = await center.room("Atlas")
    before = await status(prompt)
    assert (before["standing"], before["key_thumbprint"]) == ("unpaired", None)
    process = await prompt.begin("pair")
    assert process.stdout is not None
    shown: dict[str, str] = {}
    while "Words" not in shown:
        line = (await process.stdout.readline()).decode()
        assert line
        name, _, rest = line.strip().partition(" ")
        shown[name] = rest.strip()
    pending = await center.look_up(shown["Code"])
    assert shown["Words"] == " ".join(pending.words)
    await center.approve(pending.id, room)
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert b"Paired with Atlas." in out
    after = await status(prompt)
    assert (after["standing"], after["room"], after["server"]) == ("paired", "Atlas", center.origin)
    assert after["keyring"] == "sealed file (insecure key file)"
    assert after["notices"] == ["insecure_key_file"]
    code, _, err_text = await prompt.run("pair")
    assert code == 1
    assert "already" in err_text or "is paired with" in err_text
    prompt.state.joinpath("cache.db").write_bytes(b"meetings")
    code, out_text, _ = await prompt.run("unpair")
    assert (code, out_text) == (0, "Un-paired.\n")
    assert not prompt.state.joinpath("cache.db").exists()
    assert await list_devices(center.admin, SYSTEM) == []
    assert (await status(prompt))["standing"] == "unpaired"


async def test_an_activation_code_comes_from_standard_input_never_an_argument(
    center, prompt
) -> None:
    room = await center.room("Bay")
    (issued,) = await make_activation_codes(center.admin, SYSTEM, [room], place=Place.DOOR)
    code, out, err = await prompt.run(
        "pair", "--activation-code-file", "-", typed=issued.code + "\n"
    )
    assert (code, out, err) == (0, "Paired with Bay.\n", "")
    code, _, err = await prompt.run("pair", "--activation-code", issued.code)
    assert code == 2
    again = Prompt(prompt.state.with_name("other"), prompt.environ)
    code, _, err = await again.run("pair", "--activation-code-file", "-", typed=issued.code)
    assert code == 1
    assert issued.code not in err


async def test_reset_asks_and_makes_a_new_display(center, prompt) -> None:
    room = await center.room()
    (issued,) = await make_activation_codes(center.admin, SYSTEM, [room], place=Place.DOOR)
    await prompt.run("pair", "--activation-code-file", "-", typed=issued.code)
    key = (await status(prompt))["key_thumbprint"]
    prompt.state.joinpath("outbox.db").write_bytes(b"unsent")
    code, _, err = await prompt.run("reset", typed="y\n")
    assert (code, err) == (1, "roomdisplay: nothing was changed\n")  # nobody is at a pipe
    assert (await status(prompt))["key_thumbprint"] == key
    code, _, _ = await prompt.run("reset", "--yes")
    assert code == 0
    assert (await status(prompt))["key_thumbprint"] is None
    assert not prompt.state.joinpath("outbox.db").exists()
    assert await list_devices(center.admin, SYSTEM) == []


async def test_reset_works_without_the_server(center, prompt) -> None:
    room = await center.room()
    (issued,) = await make_activation_codes(center.admin, SYSTEM, [room], place=Place.DOOR)
    await prompt.run("pair", "--activation-code-file", "-", typed=issued.code)
    center.wire.cut = True
    code, out, _ = await prompt.run("reset", "--yes")
    assert code == 0
    assert "take the display out there, too" in out


async def test_without_a_keyring_the_message_says_what_to_do(prompt) -> None:
    for command in ("status", "pair", "unpair"):
        code, out, err = await prompt.run(command, key=False)
        assert (code, out) == (1, "")
        assert "keyring.key" in err
        assert "--insecure-key-file" in err
        assert "Traceback" not in err
    assert not prompt.state.exists()


async def test_without_a_server_address(tmp_path: Path) -> None:
    code, _, err = await Prompt(tmp_path / "display", {}).run("pair")
    assert code == 1
    assert "--server" in err
    refused = Prompt(tmp_path / "display", {"ROOMDISPLAY_SERVER": "http://rooms.example.com"})
    code, _, err = await refused.run("pair")
    assert code == 1
    assert "https" in err
