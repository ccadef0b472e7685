"""The whole appliance, booted in an emulated machine: systemd, logind, a graphics card, our units.

This alone shows that the hardening leaves the programs what they need.
"""

from __future__ import annotations

import json
import platform
import queue
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from debianroot import DebianRoot
from PySide6.QtGui import QImage

pytestmark = [pytest.mark.appliance, pytest.mark.timeout(1800)]
BOOT_S = 600  # emulated, on two busy cores; a minute where nothing else runs
UNITS = "roomdisplay-session roomdisplay-display roomdisplay-admin"
REPORT = f"""[Unit]
After=roomdisplay-session.service roomdisplay-display.service roomdisplay-admin.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'exec >/dev/ttyS0 2>&1; sleep 20; for unit in {UNITS}; do \
echo "UNIT $unit $(systemctl show --value -p ActiveState -p NRestarts $unit | tr "\\\\n" " ")"; \
done; journalctl -b --no-pager -p warning -o cat -t roomdisplay -t roomdisplay-session; echo DONE'
[Install]
WantedBy=multi-user.target
"""


def lines(stream: IO[str]) -> queue.Queue[str]:
    """What a process prints, line by line, as it comes."""
    found: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in stream:
            found.put(line.strip())

    threading.Thread(target=read, daemon=True).start()
    return found


@pytest.fixture
def disk(root: DebianRoot, tmp_path: Path) -> Iterator[Path]:
    """A disk with the installed root, a kernel in it, and a unit that reports."""
    root.run("apt-get", "-qq", "update", timeout=300)
    root.run(
        *("apt-get", "-qq", "install", "-y", "--no-install-recommends"),
        *("linux-image-amd64", "initramfs-tools", "udev", "dbus"),
        timeout=900,
        DEBIAN_FRONTEND="noninteractive",
    )
    systemd = root.path / "etc/systemd/system"
    (systemd / "report.service").write_text(REPORT)
    root.run("systemctl", "enable", "report.service")
    root.run("systemctl", "mask", "serial-getty@ttyS0.service")
    # The emulated card draws nothing by itself.
    defaults = root.path / "etc/default/roomdisplay"
    before = defaults.read_text()
    defaults.write_text(f"{before}\nWLR_RENDERER=pixman\nQT_QUICK_BACKEND=software\n")
    image = tmp_path / "disk.img"
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-d", root.path, image, "4G"], check=True, timeout=300
    )
    yield image
    image.unlink()
    defaults.write_text(before)


def screendump(address: Path, to: Path) -> None:
    """Ask the emulator for a picture of its screen, then to end."""
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(str(address))
        stream = door.makefile("rw")
        stream.readline()  # its greeting
        for order in (
            {"execute": "qmp_capabilities"},
            {"execute": "screendump", "arguments": {"filename": str(to)}},
            {"execute": "quit"},
        ):
            stream.write(json.dumps(order) + "\n")
            stream.flush()
            assert "error" not in json.loads(stream.readline())


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the emulator's kernel is for amd64")
def test_after_power_on_the_room_is_on_the_glass(
    root: DebianRoot, disk: Path, pictures: Path, tmp_path: Path
) -> None:
    boot = root.path / "boot"
    emulator = shutil.which("qemu-system-x86_64")
    assert emulator, "run `make test-appliance`, which installs it"
    with subprocess.Popen(
        [
            emulator, "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1536", "-smp", "2",
            "-kernel", str(next(boot.glob("vmlinuz-*"))),
            "-initrd", str(next(boot.glob("initrd.img-*"))),
            "-append", "root=/dev/vda rw console=ttyS0 quiet",
            "-drive", f"file={disk},if=virtio,format=raw", "-vga", "std", "-display", "none",
            "-nic", "none", "-serial", "stdio", "-no-reboot",
            "-qmp", f"unix:{tmp_path / 'qmp'},server,nowait",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as machine:  # fmt: skip
        assert machine.stdout is not None
        said: list[str] = []
        try:
            serial = lines(machine.stdout)
            while not said or "DONE" not in said[-1]:
                said.append(serial.get(timeout=BOOT_S))
            screendump(tmp_path / "qmp", tmp_path / "boot.ppm")
        except queue.Empty:
            pytest.fail("it did not boot:\n" + "\n".join(said[-40:]))
        finally:
            machine.kill()

    # systemctl prints properties in an order of its own.
    states = {line.split()[1]: set(line.split()[2:]) for line in said if "UNIT " in line}
    assert states == {unit: {"active", "0"} for unit in UNITS.split()}, "\n".join(said[-40:])
    image = QImage(str(tmp_path / "boot.ppm"))
    image.save(str(pictures / "boot.png"))
    seen = {image.pixelColor(x, y).name() for x in range(0, 1280, 4) for y in range(0, 720, 4)}
    assert image.pixelColor(0, 0).name() != "#000000"
    assert len(seen) > 10
