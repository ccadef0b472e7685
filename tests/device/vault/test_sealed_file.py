from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from keyring.errors import InitError, PasswordSetError
from keyring.testing.backend import BackendBasicTests

from roomdisplay.device.vault.sealed_file import SealedFileKeyring


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys" / "keyring.key"
    file.parent.mkdir()
    file.write_bytes(os.urandom(32))
    return file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "secrets.json"


class TestKeyringsOwnSuite(BackendBasicTests):
    @pytest.fixture(autouse=True)
    def _place(self, path: Path, key_file: Path) -> None:
        self.path, self.key_file = path, key_file

    @pytest.fixture(autouse=True)
    def _init_properties(self, _place: None) -> Iterator[None]:
        # As in the base class, but after the place is known.
        self.keyring = self.init_keyring()
        self.credentials_created: set[tuple[str, str]] = set()
        yield
        self.cleanup()

    def init_keyring(self) -> SealedFileKeyring:
        return SealedFileKeyring(self.path, self.key_file)


def test_file_and_folder_are_the_owners_alone_and_hold_no_secret(
    path: Path, key_file: Path
) -> None:
    SealedFileKeyring(path, key_file).set_password("roomdisplay", "token", "very-secret-token")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert b"very-secret-token" not in path.read_bytes()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_another_key_means_absent_not_a_crash(path: Path, key_file: Path, tmp_path: Path) -> None:
    SealedFileKeyring(path, key_file).set_password("roomdisplay", "token", "secret")
    other = tmp_path / "other.key"
    other.write_bytes(os.urandom(32))
    assert SealedFileKeyring(path, other).get_password("roomdisplay", "token") is None


def test_an_entry_cannot_take_anothers_place(path: Path, key_file: Path) -> None:
    ring = SealedFileKeyring(path, key_file)
    ring.set_password("roomdisplay", "key", "one")
    ring.set_password("roomdisplay", "token", "two")
    content = json.loads(path.read_text())
    first, second = content["entries"]
    entries = content["entries"]
    entries[first], entries[second] = entries[second], entries[first]
    path.write_text(json.dumps(content))
    assert ring.get_password("roomdisplay", "key") is None
    assert ring.get_password("roomdisplay", "token") is None


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\0\xff\xfe",
        b"[]",
        b"{}",
        b'{"format": 9, "entries": {}}',
        b'{"format": 1, "entries": [1]}',
        b'{"format": 1, "ent',
    ],
)
def test_a_damaged_file_is_set_aside_and_begun_anew(
    path: Path, key_file: Path, damage: bytes
) -> None:
    ring = SealedFileKeyring(path, key_file)
    ring.set_password("roomdisplay", "token", "old")
    path.write_bytes(damage)
    assert ring.get_password("roomdisplay", "token") is None
    ring.set_password("roomdisplay", "token", "new")
    assert ring.get_password("roomdisplay", "token") == "new"
    assert path.with_suffix(".damaged").read_bytes() == damage


@pytest.mark.parametrize("entry", [None, 7, "", "!!!", "AAAA", "é"])
def test_a_damaged_entry_is_absent(path: Path, key_file: Path, entry: object) -> None:
    ring = SealedFileKeyring(path, key_file)
    ring.set_password("roomdisplay", "token", "old")
    content = json.loads(path.read_text())
    content["entries"] = dict.fromkeys(content["entries"], entry)
    path.write_text(json.dumps(content))
    assert ring.get_password("roomdisplay", "token") is None


def test_a_short_or_missing_key_is_refused_not_stretched(path: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.key"
    short.write_bytes(b"hunter2\n")
    with pytest.raises(InitError, match="32 bytes"):
        SealedFileKeyring(path, short).set_password("roomdisplay", "token", "x")
    with pytest.raises(InitError, match="cannot be read"):
        SealedFileKeyring(path, tmp_path / "none").set_password("roomdisplay", "token", "x")
    assert not path.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_write_that_fails_keeps_the_old_secret(path: Path, key_file: Path) -> None:
    ring = SealedFileKeyring(path, key_file)
    ring.set_password("roomdisplay", "token", "old")
    before = path.read_bytes()
    blocked = SealedFileKeyring(Path("/dev/full") / "secrets.json", key_file)
    with pytest.raises((PasswordSetError, InitError)):
        blocked.set_password("roomdisplay", "token", "new")
    assert path.read_bytes() == before


def test_usable_only_where_systemd_gave_a_key(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert not SealedFileKeyring.viable
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(key_file.parent))
    assert SealedFileKeyring.viable
    assert 0.6 < SealedFileKeyring.priority < 5
