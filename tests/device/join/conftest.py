"""A screen of its own, pages served here, and a conference window on them."""

import http.server
import os
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from callbench import PAGES, Bench, Site, Statuses, settings

from roomdisplay.device.join import ConferenceWindow


@pytest.fixture
def site() -> Iterator[Site]:
    here = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path == "/go":
                here.go.wait(30)
            elif path == "/redirects":
                self.send_response(302)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                return
            elif path == "/elsewhere":
                here.told.append("elsewhere")
            elif path == "/told":
                with here.changed:
                    here.told.append(query)
                    here.changed.notify_all()
            self.send_response(200 if path in PAGES or path != "/favicon.ico" else 404)
            kind = "application/octet-stream" if path == "/file" else "text/html"
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(PAGES.get(path, "").encode())

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A browser that is killed breaks its connections; that is the point here."""

    with Server(("127.0.0.1", 0), Handler) as server:
        here.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield here
        here.go.set()
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as numbers:
        yield f":{numbers.readline().strip()}"
    server.terminate()
    server.wait()


@pytest.fixture
async def bench(
    site: Site, screen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    monkeypatch.setenv("DISPLAY", screen)
    statuses = Statuses()
    base = tmp_path / "calls"
    base.mkdir()
    window = ConferenceWindow(settings(base), statuses)
    yield Bench(window, statuses, site, base)
    await window.close()
