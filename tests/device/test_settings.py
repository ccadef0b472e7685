from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from roomdisplay.device.server_address import AddressError, parse_server
from roomdisplay.device.settings import (
    PROVISIONING_FILE,
    configure,
    provisioned_code,
    settings_from,
    wipe_code,
)

PIN = "ab" * 32


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    configure(parser)
    return parser.parse_args(arguments)


def settled(tmp_path: Path, *arguments: str, environ: dict[str, str] | None = None):
    system = tmp_path / "display.toml"
    options = parsed("--state-dir", str(tmp_path / "state"), *arguments)
    return settings_from(options, environ or {}, system)


def test_a_flag_before_the_environment_before_the_files(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    assert settled(tmp_path).server is None
    (tmp_path / "display.toml").write_text(f'server = "https://d"\nserver_pin = "{PIN}"\n')
    assert (settled(tmp_path).server, settled(tmp_path).server_pin) == ("https://d", PIN)
    (tmp_path / "state" / PROVISIONING_FILE).write_text('server = "https://c"\n')
    # Whoever names the server also says how it is trusted.
    assert (settled(tmp_path).server, settled(tmp_path).server_pin) == ("https://c", None)
    environ = {"ROOMDISPLAY_SERVER": "https://b"}
    assert settled(tmp_path, environ=environ).server == "https://b"
    assert settled(tmp_path, "--server", "https://a", environ=environ).server == "https://a"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"server = ", b"server = 5", b"", b"[[[[" * 999])
def test_a_file_that_is_none_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "display.toml").write_bytes(content)
    assert settled(tmp_path).server is None


def test_state_folder_of_a_service_and_of_a_person(tmp_path: Path) -> None:
    service = settings_from(parsed(), {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}, tmp_path)
    assert service.state_dir == Path("/var/lib/a")
    person = settings_from(parsed(), {"XDG_STATE_HOME": "/home/u/s"}, tmp_path)
    assert person.state_dir == Path("/home/u/s/roomdisplay")


def test_a_code_is_wiped_and_the_address_stays(tmp_path: Path) -> None:
    file = tmp_path / PROVISIONING_FILE
    file.write_text(
        f'server = "https://c"\nserver_pin = "{PIN}"\nactivation_code = "BCDF-GHJK-LMNP-QRST"\n'
    )
    assert provisioned_code(file) == "BCDF-GHJK-LMNP-QRST"
    wipe_code(file)
    assert provisioned_code(file) is None
    assert file.read_text() == f'server = "https://c"\nserver_pin = "{PIN}"\n'


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("rooms.example.com", "https://rooms.example.com"),
        ("https://Rooms.Example.com:443/", "https://rooms.example.com"),
        (" https://rooms.example.com:8443 ", "https://rooms.example.com:8443"),
        ("http://127.0.0.1:8750", "http://127.0.0.1:8750"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:8750", "http://[::1]:8750"),
        ("https://räume.example", "https://xn--rume-loa.example"),
    ],
)
def test_addresses(written: str, origin: str) -> None:
    assert parse_server(written).origin == origin


@pytest.mark.parametrize(
    "written",
    [
        "",
        "http://rooms.example.com",
        "http://127.0.0.1.example.com",
        "ftp://rooms.example.com",
        "https://user:secret@rooms.example.com",
        "https://rooms.example.com/pair",
        "https://rooms.example.com?x=1",
        "https://rooms.example.com:port",
        "https://[::1",
        "https://",
    ],
)
def test_addresses_that_are_none(written: str) -> None:
    with pytest.raises(AddressError):
        parse_server(written)


def test_pins() -> None:
    assert parse_server("a.example", f"sha256:{PIN.upper()}").pin == PIN
    assert parse_server("a.example", ":".join(["AB"] * 32)).pin == PIN
    with pytest.raises(AddressError, match="64 hex digits"):
        parse_server("a.example", "abcd")
