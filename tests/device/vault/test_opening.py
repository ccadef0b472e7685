from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import SecretService, fail, null

from roomdisplay.device.vault.opening import (
    INSECURE_NOTICE,
    VaultUnavailable,
    open_vault,
)
from roomdisplay.device.vault.sealed_file import SealedFileKeyring
from roomdisplay.device.vault.secrets_file import FILE_NAME
from roomdisplay.device.vault.session_keyring import is_trusted


@pytest.fixture(autouse=True)
def _bare_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As under a system service: no session, no credential, no home."""
    for name in (
        "CREDENTIALS_DIRECTORY",
        "PYTHON_KEYRING_BACKEND",
        "DBUS_SESSION_BUS_ADDRESS",
        "XDG_RUNTIME_DIR",
        "STATE_DIRECTORY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "keyring.key").write_bytes(os.urandom(32))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder / "keyring.key"


def test_without_any_keyring_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(VaultUnavailable, match=r"keyring\.key.*--insecure-key-file"):
        open_vault(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("credential")
def test_with_a_credential_the_sealed_file_is_used(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "state")
    vault.write("token", "secret")
    assert (tmp_path / "state" / FILE_NAME).exists()
    assert open_vault(tmp_path / "state").read("token") == "secret"
    assert vault.describe() == "sealed file (systemd credential)"
    assert vault.notices == ()


def test_the_insecure_key_is_made_once_and_named(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "insecure.key"
    vault = open_vault(tmp_path / "state", insecure_key_file=key)
    vault.write("token", "secret")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    again = open_vault(tmp_path / "state", insecure_key_file=key)
    assert again.read("token") == "secret"
    assert again.notices == (INSECURE_NOTICE,)
    assert "insecure" in again.describe()


def test_a_lost_key_reads_as_not_paired(tmp_path: Path, credential: Path) -> None:
    open_vault(tmp_path / "state").write("token", "secret")
    credential.write_bytes(os.urandom(32))
    assert open_vault(tmp_path / "state").read("token") is None


def test_deleting_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    vault = open_vault(tmp_path, insecure_key_file=tmp_path / "key")
    vault.delete("token")
    vault.write("token", "secret")
    vault.delete("token")
    assert vault.read("token") is None


def test_a_vault_that_cannot_write_says_so(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("a file where the folder should be")
    vault = open_vault(state, insecure_key_file=tmp_path / "key")
    with pytest.raises(VaultUnavailable):
        vault.write("token", "secret")


def test_only_keyrings_that_keep_secrets_are_trusted() -> None:
    plain = type("PlaintextKeyring", (null.Keyring,), {"__module__": "keyrings.alt.file"})
    assert not is_trusted(plain())
    assert not is_trusted(null.Keyring())
    assert not is_trusted(fail.Keyring())
    assert is_trusted(SecretService.Keyring())
    assert is_trusted(SealedFileKeyring())


def test_a_plain_text_keyring_is_never_taken_however_eager(tmp_path: Path) -> None:
    class Plain(null.Keyring):
        priority = 9.0

    try:
        with pytest.raises(VaultUnavailable):
            open_vault(tmp_path)
    finally:
        KeyringBackend._classes.discard(Plain)


def test_an_environment_that_asks_for_plain_text_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with pytest.raises(VaultUnavailable, match="plain text"):
        open_vault(tmp_path)


@pytest.mark.usefixtures("credential")
def test_the_environment_may_name_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "roomdisplay.device.vault.sealed_file.SealedFileKeyring"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    vault = open_vault(tmp_path / "state")
    vault.write("token", "x")
    assert vault.describe().startswith("sealed file")
    assert (tmp_path / "state" / FILE_NAME).exists()
