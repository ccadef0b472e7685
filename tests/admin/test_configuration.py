"""Start-up settings, and the one rule for listeners."""

from __future__ import annotations

import argparse
import re
import socket
from pathlib import Path

import pytest

from roomdisplay.admin.configuration import (
    add_server_arguments,
    certificate_names,
    read_settings,
    with_origins,
)
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.settings import ServerSettings

KEY = bytes(range(32))


def settings_from(
    *flags: str, environ: dict[str, str] | None = None, toml: str | None = None, folder: Path
) -> ServerSettings:
    parser = argparse.ArgumentParser()
    add_server_arguments(parser)
    file = folder / "admin.toml"
    if toml is not None:
        file.write_text(toml)
    return read_settings(parser.parse_args(flags), environ or {}, file)


def test_flags_come_before_the_environment_before_the_file(tmp_path: Path) -> None:
    toml = 'listen = "127.0.0.1:1"\ndata = "/file"\nseal_key_file = "/key"\n'
    environ = {"ROOMDISPLAY_ADMIN_LISTEN": "127.0.0.1:2", "ROOMDISPLAY_ADMIN_DATA": "/environment"}
    chosen = settings_from("--listen", "[::1]:3", environ=environ, toml=toml, folder=tmp_path)
    assert (chosen.host, chosen.port) == ("::1", 3)
    assert chosen.data_dir == Path("/environment")
    assert chosen.seal_key_file == Path("/key")


@pytest.mark.parametrize(
    ("environ", "data_dir"),
    [
        ({"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}, "/var/lib/a"),
        ({"XDG_DATA_HOME": "/x"}, "/x/roomdisplay-admin"),
        ({"HOME": "/ada"}, "/ada/.local/share/roomdisplay-admin"),
    ],
)
def test_the_data_folder_is_where_the_platform_wants_it(
    tmp_path: Path, environ: dict[str, str], data_dir: str
) -> None:
    assert settings_from(environ=environ, folder=tmp_path).data_dir == Path(data_dir)


@pytest.mark.parametrize(
    "flags",
    [
        ("--listen", "127.0.0.1:8750"),
        ("--listen", "localhost:8750"),
        ("--listen", "[::1]:8750"),
        ("--listen", "0.0.0.0:443", "--tls-cert", "c", "--tls-key", "k"),
        ("--listen", ":443", "--tls-self-made"),
        ("--listen", "[::]:80", "--behind-proxy", "192.0.2.1", "--public-url", "https://r.example"),
    ],
)
def test_listeners_that_are_allowed(tmp_path: Path, flags: tuple[str, ...]) -> None:
    settings_from(*flags, folder=tmp_path)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--listen", "0.0.0.0:80"), "plain http"),
        (("--listen", ":80"), "plain http"),
        (("--listen", "[::]:80"), "plain http"),
        (("--listen", "192.0.2.1:80"), "plain http"),
        (("--listen", "rooms.example.com:80"), "plain http"),
        (("--listen", "0.0.0.0:80", "--tls-cert", "c"), "go together"),
        (("--tls-cert", "c", "--tls-key", "k", "--tls-self-made"), "Choose one"),
        (("--listen", ":80", "--behind-proxy", "192.0.2.1"), "--public-url"),
        (("--public-url", "http://rooms.example.com"), "must be https"),
        (("--public-url", "https://rooms.example.com/path"), "is not scheme"),
        (("--public-url", "https://user@rooms.example.com"), "is not scheme"),
        (("--public-url", "ftp://rooms.example.com"), "is not scheme"),
        (("--public-url", "https://rooms:x"), "is no address"),
        (("--listen", "127.0.0.1"), "HOST:PORT"),
        (("--listen", "127.0.0.1:99999"), "HOST:PORT"),
    ],
)
def test_listeners_that_are_refused_with_words(
    tmp_path: Path, flags: tuple[str, ...], words: str
) -> None:
    with pytest.raises(StartError, match=re.escape(words)):
        settings_from(*flags, folder=tmp_path)


@pytest.mark.parametrize("toml", ["listen = ", 'nosuch = "x"\n'])
def test_a_settings_file_that_is_wrong_is_named(tmp_path: Path, toml: str) -> None:
    with pytest.raises(StartError, match=r"admin\.toml"):
        settings_from(toml=toml, folder=tmp_path)


def test_origins_and_certificate_names(tmp_path: Path) -> None:
    local = with_origins(settings_from(folder=tmp_path), 8750)
    assert local.public_origins == ("http://127.0.0.1:8750",)
    proxied = settings_from(
        "--behind-proxy", "127.0.0.1", "--public-url", "https://R.example/", folder=tmp_path
    )
    assert with_origins(proxied, 1).public_origins == ("https://r.example", "http://127.0.0.1:1")
    own = with_origins(settings_from("--listen", ":443", "--tls-self-made", folder=tmp_path), 443)
    assert own.public_origins == (f"https://{socket.gethostname()}",)
    assert {socket.gethostname(), "localhost", "127.0.0.1"} <= set(certificate_names(own))
