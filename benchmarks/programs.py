"""Starting the programs that are compared, each on the same virtual screen, until each has painted.

The display and the bare window say so by sd_notify, as they would to systemd; Chromium's page asks
for an address once it was painted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SIZE = (1280, 800)
PATIENCE_S = 60
# The same renderer for both Qt programs, and one that any machine has.
QT_ENVIRON = {"QT_QPA_PLATFORM": "xcb", "QT_QUICK_BACKEND": "software"}

PAGE = b"""<!doctype html><meta charset="utf-8"><title>Atlas</title>
<style>body{background:#0b6b3a;color:#fff;font:96px sans-serif;margin:64px}</style>
<h1>Atlas</h1><p>Free until 11:00</p>
<script>requestAnimationFrame(() => requestAnimationFrame(() => fetch("/painted")))</script>"""


class BenchmarkError(Exception):
    """A figure cannot be measured here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that has painted its first frame."""

    pid: int
    first_frame_s: float


@contextlib.contextmanager
def virtual_screen(frame_buffer: Path | None = None) -> Iterator[str]:
    """An X server without a screen; yields the display's name.

    With a folder as `frame_buffer`, its pixels are the file Xvfb_screen0 there.
    """
    if shutil.which("Xvfb") is None:
        raise BenchmarkError("Xvfb is not installed: run `make setup`")
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24",
         "-nolisten", "tcp", "-noreset", *(["-fbdir", str(frame_buffer)] if frame_buffer else [])],
        pass_fds=(write_end,),
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write_end)
    try:
        with os.fdopen(read_end) as number:
            yield f":{number.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def _started(
    command: Sequence[str], environ: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    # Compiled modules are kept, as an installed package has them; some shells forbid it.
    ours = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**ours, **environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def notifying(
    command: Sequence[str], environ: Mapping[str, str], folder: Path
) -> Iterator[Program]:
    """Run a program until it sends READY=1, and on until the block ends."""
    address = folder / "notify"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(PATIENCE_S)
        log = folder / "program.log"
        begin = time.perf_counter()
        with _started(command, {**environ, "NOTIFY_SOCKET": str(address)}, log) as process:
            try:
                while b"READY=1" not in manager.recv(4096).split(b"\n"):
                    pass
            except TimeoutError as error:
                said = log.read_text(errors="replace")[-2000:]
                raise BenchmarkError(f"{command[0]} never painted:\n{said}") from error
            yield Program(process.pid, time.perf_counter() - begin)


@contextlib.contextmanager
def bare_window(screen: str, folder: Path) -> Iterator[Program]:
    """The least that PySide6 can do: one Qt Quick window with a text."""
    script = Path(__file__).with_name("bare_window.py")
    with notifying([sys.executable, str(script)], QT_ENVIRON | {"DISPLAY": screen}, folder) as it:
        yield it


class _Page(BaseHTTPRequestHandler):
    painted: threading.Event

    def do_GET(self) -> None:
        if self.path == "/painted":
            self.painted.set()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_args: object) -> None:
        """Stay silent."""


@contextlib.contextmanager
def chromium_kiosk(screen: str, folder: Path) -> Iterator[Program]:
    """Chromium in kiosk mode with one static page, its profile new."""
    browser = shutil.which("chromium")
    if browser is None:
        raise BenchmarkError("Chromium is not installed: run `make setup`")
    painted = threading.Event()
    page = type("Page", (_Page,), {"painted": painted})
    server = ThreadingHTTPServer(("127.0.0.1", 0), page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    profile = folder / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    command = [
        browser, "--kiosk", f"--user-data-dir={profile}", "--no-first-run", "--disable-gpu",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--password-store=basic", *(["--no-sandbox"] if os.geteuid() == 0 else []),
        f"--window-size={SIZE[0]},{SIZE[1]}", f"http://127.0.0.1:{server.server_port}/",
    ]  # fmt: skip
    begin = time.perf_counter()
    try:
        with _started(command, {"DISPLAY": screen}, folder / "chromium.log") as process:
            if not painted.wait(PATIENCE_S):
                raise BenchmarkError("Chromium never painted its page")
            yield Program(process.pid, time.perf_counter() - begin)
    finally:
        server.shutdown()
        server.server_close()
