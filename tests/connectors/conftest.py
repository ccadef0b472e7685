"""A web server of our own that can misbehave, and real calendar servers."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.register_assert_rewrite(
    "roomdisplay.connectors.contract",
    "roomdisplay.connectors.contract_faults",
    "roomdisplay.connectors.contract_push",
    "roomdisplay.connectors.contract_writing",
)

Responder = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """One request; a responder answers through `reply`, or by writing to `wfile` itself."""

    protocol_version = "HTTP/1.1"
    server: Web

    def answer(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers.items())))
        try:
            self.server.respond(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_PROPFIND = do_REPORT = answer  # noqa: N815

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


class Web(ThreadingHTTPServer):
    """Serves what `respond` says; `seen` holds the requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.respond: Responder = lambda request: request.reply(404)
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture
def make_web() -> Iterator[Callable[[], Web]]:
    servers: list[Web] = []

    def make() -> Web:
        server = Web()
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server

    yield make
    for server in servers:
        server.closing.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def web(make_web: Callable[[], Web]) -> Web:
    return make_web()


@pytest.fixture(scope="session")
def closed_port() -> Iterator[int]:
    """A port that is bound but not listened on, so that nobody else takes it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(arguments: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the server did not start"
            try:  # until it ends, or it is time to ask again
                pytest.fail(f"the server ended with {process.wait(0.05)}")
            except subprocess.TimeoutExpired:
                continue
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Radicale; its user is ada with the password secret."""
    folder: Path = tmp_path_factory.mktemp("radicale")
    port = _free_port()
    (folder / "users").write_text("ada:secret\n")
    (folder / "config").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\n"
        "htpasswd_encryption = plain\ndelay = 0\n"
        f"[storage]\nfilesystem_folder = {folder / 'data'}\n"
        "[logging]\nlevel = error\n"
    )
    for _ in _serve(["radicale", "-C", str(folder / "config")], port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def xandikos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Xandikos, which asks for no password."""
    folder: Path = tmp_path_factory.mktemp("xandikos")
    port = _free_port()
    arguments = ["xandikos", "serve", "-d", str(folder), "--defaults", "-l", "127.0.0.1"]
    for _ in _serve([*arguments, "-p", str(port)], port):
        yield f"http://127.0.0.1:{port}"
