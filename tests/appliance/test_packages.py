"""The packages, as apt left them in a Debian 13 root."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from debianroot import DebianRoot

# The first test that runs builds and installs the packages.
pytestmark = [pytest.mark.appliance, pytest.mark.timeout(1500)]

UNITS = (
    "roomdisplay-session.service",
    "roomdisplay-display.service",
    "roomdisplay-keyring-key.service",
    "roomdisplay-admin.service",
    "roomdisplay-admin-key.service",
)


def contents(package: Path) -> list[str]:
    listed = subprocess.run(
        ["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True
    )
    return [line.split(maxsplit=5)[5] for line in listed.stdout.splitlines()]


@pytest.mark.parametrize("name", ["roomdisplay", "roomdisplay-admin"])
def test_a_package_carries_neither_qt_nor_what_built_it(
    packages: dict[str, Path], name: str
) -> None:
    files = contents(packages[name])

    unwanted = ("/PySide6/", "/shiboken6/", "/pip/", "/setuptools/", "/keyrings/alt/",
                "/direct_url.json", "/tmp/", "/build/")  # fmt: skip
    assert [file for file in files if any(part in file for part in unwanted)] == []
    assert f"./usr/share/doc/{name}/third-party.txt" in files


@pytest.mark.parametrize("name", ["roomdisplay", "roomdisplay-admin"])
def test_every_module_is_compiled_since_a_read_only_card_cannot(
    packages: dict[str, Path], name: str
) -> None:
    files = set(contents(packages[name]))
    modules = {file for file in files if "/site-packages/roomdisplay/" in file}

    sources = [file for file in modules if file.endswith(".py")]
    assert sources
    for source in sources:
        folder, _, module = source.rpartition("/")
        assert f"{folder}/__pycache__/{module.removesuffix('.py')}.cpython-313.pyc" in files


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault_in_a_unit(root: DebianRoot, unit: str) -> None:
    verified = root.run("systemd-analyze", "verify", "--man=no", unit)

    assert verified.stdout == ""


@pytest.mark.parametrize(
    ("unit", "at_most"), [("roomdisplay-display.service", 25), ("roomdisplay-admin.service", 15)]
)
def test_a_unit_stays_as_hardened_as_it_was(root: DebianRoot, unit: str, at_most: int) -> None:
    # In tenths of systemd's exposure level; Debian's sshd has 96.
    root.run(
        "systemd-analyze", "security", "--offline=yes", f"--threshold={at_most}", "--no-pager", unit
    )


def test_the_services_start_at_boot_under_users_of_their_own(root: DebianRoot) -> None:
    for unit in ("roomdisplay-session", "roomdisplay-display", "roomdisplay-admin"):
        assert root.run("systemctl", "is-enabled", unit).stdout.strip() == "enabled"
    for user in ("roomdisplay", "roomdisplay-admin"):
        entry = root.run("getent", "passwd", user).stdout.strip()
        assert entry.endswith(f":/var/lib/{user}:/usr/sbin/nologin")
        assert root.run("id", "-Gn", user).stdout.split() == [user]


def test_the_machines_key_is_made_whole_and_for_this_machine_alone(root: DebianRoot) -> None:
    file = "/etc/credstore.encrypted/roomdisplay.keyring.key"
    root.run("/usr/lib/roomdisplay/make-credential", "keyring.key", file)

    plain = root.run(
        "sh", "-c", f"systemd-creds decrypt --name=keyring.key {file} - 2>/dev/null | wc -c"
    )
    assert plain.stdout.strip() == "32"
    assert (root.path / file[1:]).stat().st_mode & 0o777 == 0o600
    assert not (root.path / f"{file[1:]}.new").exists()

    renamed = root.run("systemd-creds", "decrypt", "--name=seal.key", file, "-", check=False)
    assert renamed.returncode != 0  # one credential cannot be passed off as another
    (root.path / file[1:]).unlink()


def test_the_commands_answer(root: DebianRoot) -> None:
    assert "display" in root.run("roomdisplay", "--help").stdout
    assert "serve" in root.run("roomdisplay-admin", "--help").stdout


def test_the_display_is_typed_into_no_users_home(root: DebianRoot) -> None:
    refused = root.run("roomdisplay-admin", "invite", user="daemon", check=False)

    assert refused.returncode == 1
    assert "sudo roomdisplay-admin invite" in refused.stdout
