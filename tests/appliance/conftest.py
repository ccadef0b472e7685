from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from debianroot import REPOSITORY, DebianRoot, debian_mirror

PICTURES = REPOSITORY / "build" / "appliance"
INSTALL = "apt-get -qq install -y --no-install-recommends /tmp/*.deb && rm /tmp/*.deb"


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where the tests leave what they saw, to be looked at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The Debian packages, built from this tree; ROOMDISPLAY_DEBS=FOLDER takes ready ones."""
    folder = Path(os.environ.get("ROOMDISPLAY_DEBS", REPOSITORY / "dist"))
    if "ROOMDISPLAY_DEBS" not in os.environ:
        for old in folder.glob("*.deb"):
            old.unlink()
        log = tmp_path_factory.mktemp("build") / "build.log"
        with log.open("wb") as output:
            built = subprocess.run(
                [REPOSITORY / "packaging" / "debian" / "build"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        assert built.returncode == 0, log.read_text(errors="replace")[-8000:]
    return {path.name.partition("_")[0]: path.resolve() for path in folder.glob("*.deb")}


@pytest.fixture(scope="session")
def root(
    packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DebianRoot]:
    """A Debian 13 root in which apt installed both packages with all they depend on."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to enter a Debian root")
    path = tmp_path_factory.mktemp("appliance") / "root"
    made = subprocess.run(
        [
            "mmdebstrap", "--quiet", "--variant=minbase",
            # grim takes the pictures; everything else has to come by the packages' own Depends.
            "--include=grim,systemd-sysv",
            *(
                f"--customize-hook=upload {package} /tmp/{package.name}"
                for package in packages.values()
            ),
            f"--customize-hook=chroot \"$1\" sh -c '{INSTALL}'",
            "trixie", str(path), debian_mirror(),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout[-8000:]
    debian = DebianRoot(path)
    debian.run("systemd-machine-id-setup")  # as a first boot would
    yield debian
    shutil.rmtree(path, ignore_errors=True)
