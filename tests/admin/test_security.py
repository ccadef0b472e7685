"""Sealing, where the key comes from, passwords, roles, growing delays, our own TLS authority."""

from __future__ import annotations

import asyncio
import errno
import os
import ssl
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import ForbiddenError, StartError
from roomdisplay.admin.security.passwords import hash_password, problem_with, verify_password
from roomdisplay.admin.security.roles import ALLOWED, Actor, Permission, Role, require
from roomdisplay.admin.security.seal_key import open_sealer, require_same_key
from roomdisplay.admin.security.sealing import Sealer, UnsealError
from roomdisplay.admin.security.self_made_tls import open_authority, server_context
from roomdisplay.admin.security.throttle import Lane, wait_after

KEY = bytes(range(32))
NO_KEYRING = {"DBUS_SESSION_BUS_ADDRESS": ""}


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_comes_back_whole(plain: bytes, owner: str) -> None:
    sealer = Sealer(KEY, "test")
    assert sealer.unseal(sealer.seal(plain, owner), owner) == plain


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_changed_bit_a_moved_row_or_another_key_unseals_nothing(
    plain: bytes, data: st.DataObject
) -> None:
    sealer = Sealer(KEY, "test")
    sealed = sealer.seal(plain, "connection:1")
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    damaged = bytearray(sealed)
    damaged[bit // 8] ^= 1 << bit % 8
    for value, owner, key in (
        (bytes(damaged), "connection:1", KEY),
        (sealed, "connection:2", KEY),
        (sealed, "connection:1", KEY[::-1]),
        (sealed[: bit // 8], "connection:1", KEY),
    ):
        with pytest.raises(UnsealError):
            Sealer(key, "test").unseal(value, owner)


def test_the_same_text_is_never_sealed_alike_twice() -> None:
    sealer = Sealer(KEY, "test")
    assert sealer.seal(b"secret", "a") != sealer.seal(b"secret", "a")
    assert sealer.derive("one") != sealer.derive("two")


def test_a_credential_comes_before_a_key_file(tmp_path: Path) -> None:
    (tmp_path / "seal.key").write_bytes(KEY)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    sealer = open_sealer(tmp_path / "other.key", environ)
    assert sealer.kept_in == "systemd credential"
    assert not (tmp_path / "other.key").exists()
    assert sealer.unseal(Sealer(KEY, "").seal(b"x", "a"), "a") == b"x"


def test_a_named_key_file_is_made_for_its_owner_alone_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "seal.key"
    sealed = open_sealer(path, {}).seal(b"x", "a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_sealer(path, {}).unseal(sealed, "a") == b"x"


@dataclass
class Disk:
    """Notes what is put on the disk, and breaks when a test wants it to."""

    synced: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """A path, and the names that stood in its folder (in it, for a folder) at that instant."""
    full: str | None = None
    """What cannot be written any more: names that hold this."""

    def fsync(self, handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if self.full is not None and self.full in path.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        folder = path if path.is_dir() else path.parent
        self.synced.append((path.name, frozenset(one.name for one in folder.iterdir())))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    noted = Disk()
    monkeypatch.setattr(os, "fsync", noted.fsync)
    return noted


def assert_durable(disk: Disk, folder: str, name: str) -> None:
    """Its content reached the disk before it had its name, and its name before anybody used it."""
    content = [names for synced, names in disk.synced if synced.startswith(f".{name}.")]
    assert content
    assert all(name not in names for names in content)
    assert any(synced == folder and name in names for synced, names in disk.synced)


def test_a_key_is_on_the_disk_before_anything_is_sealed_with_it(tmp_path: Path, disk: Disk) -> None:
    open_sealer(tmp_path / "seal.key", {})
    assert_durable(disk, tmp_path.name, "seal.key")
    assert [path.name for path in tmp_path.iterdir()] == ["seal.key"]


def test_a_full_disk_leaves_no_piece_of_a_key(tmp_path: Path, disk: Disk) -> None:
    disk.full = "seal.key"
    with pytest.raises(StartError, match="No space left"):
        open_sealer(tmp_path / "seal.key", {})
    assert list(tmp_path.iterdir()) == []
    disk.full = None
    assert open_sealer(tmp_path / "seal.key", {}).kept_in == "key file"


def test_an_authority_is_on_the_disk_before_a_display_pins_it(tmp_path: Path, disk: Disk) -> None:
    open_authority(tmp_path / "tls", Sealer(KEY, "test"), datetime.now(UTC))
    assert_durable(disk, "tls", "authority.pem")
    assert_durable(disk, "tls", "authority.key.sealed")
    assert disk.synced[0][0] == tmp_path.name  # the folder's own name


@pytest.mark.parametrize("file", ["authority.pem", "authority.key.sealed"])
def test_an_authority_half_written_is_made_anew(tmp_path: Path, disk: Disk, file: str) -> None:
    sealer, now = Sealer(KEY, "test"), datetime.now(UTC)
    disk.full = file
    with pytest.raises(StartError, match="No space left"):
        open_authority(tmp_path / "tls", sealer, now)
    assert not (tmp_path / "tls" / file).exists()
    disk.full = None
    made = open_authority(tmp_path / "tls", sealer, now)
    again = open_authority(tmp_path / "tls", sealer, now)
    assert again.certificate == made.certificate
    assert again.pin == made.pin


@pytest.mark.parametrize(
    ("content", "mode", "words"), [(KEY, 0o644, "chmod 600"), (b"short", 0o600, "holds no key")]
)
def test_a_key_file_that_is_none_is_refused(
    tmp_path: Path, content: bytes, mode: int, words: str
) -> None:
    path = tmp_path / "seal.key"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(StartError, match=words):
        open_sealer(path, {})


def test_without_a_safe_place_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    with pytest.raises(StartError, match="--seal-key-file"):
        open_sealer(None, {})


async def test_another_key_than_the_stores_is_refused(admin: Admin) -> None:
    await require_same_key(admin.store, Sealer(KEY, "key file"))
    await require_same_key(admin.store, Sealer(KEY, "systemd credential"))
    with pytest.raises(StartError, match="key file"):
        await require_same_key(admin.store, Sealer(KEY[::-1], "systemd credential"))


async def test_passwords_are_hashed_with_argon2id_and_only_the_right_one_fits() -> None:
    hashed = await hash_password("a long password")
    assert hashed.startswith("$argon2id$")
    assert await verify_password(hashed, "a long password")
    for wrong in ("a long passwore", "", "x" * 300):
        assert not await verify_password(hashed, wrong)
    assert not await verify_password(None, "a long password")
    assert not await verify_password("damaged", "a long password")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "password_too_short"),
        ("x" * 257, "password_too_long"),
        ("ababababababab", "password_too_simple"),
        ("correct horse", None),
    ],
)
def test_passwords_that_are_taken(password: str, problem: str | None) -> None:
    assert problem_with(password) == problem


def test_only_owners_manage_people_and_administrators_connect() -> None:
    may = {p: {r for r in Role if p in ALLOWED[r]} for p in Permission}
    assert may[Permission.PEOPLE] == {Role.OWNER}
    administrators = {Role.OWNER, Role.IT_ADMIN, Role.ROOMS_ADMIN}
    assert may[Permission.CONNECT] == may[Permission.REPLACE_SECRET] == administrators
    assert may[Permission.ROOMS] == administrators
    assert may[Permission.SETTINGS] == {Role.OWNER, Role.IT_ADMIN}
    assert Role.VIEWER not in may[Permission.VIEW_MEETINGS]
    assert ALLOWED[Role.INSTALLER] == {Permission.PAIR}


def test_an_installer_pairs_into_the_named_rooms_only() -> None:
    installer = Actor(id="i", name="I", role=Role.INSTALLER, room_ids=frozenset({"atlas"}))
    require(installer, Permission.PAIR, "atlas")
    with pytest.raises(ForbiddenError):
        require(installer, Permission.PAIR, "zephyr")
    with pytest.raises(ForbiddenError):
        require(installer, Permission.ROOMS)


@given(st.integers(0, 50), st.integers(0, 10_000), st.integers(1, 10_000))
def test_delays_grow_and_are_bounded(free: int, failures: int, most: int) -> None:
    lane = Lane(key="x", free=free, most=timedelta(seconds=most))
    now, later = wait_after(lane, failures), wait_after(lane, failures + 1)
    assert timedelta(0) <= now <= later <= timedelta(seconds=most)
    assert (now == timedelta(0)) == (failures <= free)


async def test_the_self_made_authority_outlives_restarts_and_signs_for_our_names(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    sealer = Sealer(KEY, "test")
    authority = open_authority(tmp_path / "tls", sealer, now)
    again = open_authority(tmp_path / "tls", sealer, now + timedelta(days=30))
    assert again.pin == authority.pin
    for file in (tmp_path / "tls").iterdir():
        assert b"PRIVATE" not in file.read_bytes()
    with pytest.raises(StartError, match="cannot be read"):
        open_authority(tmp_path / "tls", Sealer(KEY[::-1], "test"), now)

    context = server_context(again, ["rooms.example.com", "127.0.0.1"], now)
    server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        trusting = ssl.create_default_context(
            cadata=authority.certificate.public_bytes(_der()),
        )
        for name in ("rooms.example.com", "127.0.0.1"):
            _, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=trusting, server_hostname=name
            )
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            assert x509.load_der_x509_certificate(shown).issuer == authority.certificate.subject
            writer.close()
            await writer.wait_closed()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection(
                "127.0.0.1", port, ssl=trusting, server_hostname="evil.example.com"
            )


def _der() -> object:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return Encoding.DER
