"""A Debian 13 root with our packages in it, and ways to run programs there.

Each program gets mount and process namespaces of its own, so that nothing it starts or mounts
outlives it. The network is the host's: loopback addresses are reachable from the test.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# PATH alone comes from the host: what a service would see, not what a developer's shell has.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"


class DebianRoot:
    """A root folder; programs in it run as they would on the appliance."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _command(
        self, argv: Sequence[str], user: str | None, environ: Mapping[str, str]
    ) -> list[str]:
        mounts = (
            f"mount --rbind /dev {shlex.quote(str(self.path))}/dev && "
            f"mount -t proc proc {shlex.quote(str(self.path))}/proc && "
            f'exec chroot {shlex.quote(str(self.path))} "$@"'
        )
        identity = (
            ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        )
        variables = [f"{name}={value}" for name, value in environ.items()]
        return [
            "unshare", "--mount", "--pid", "--fork", "--kill-child=SIGTERM",
            "sh", "-c", mounts, "sh",
            "env", "-i", f"PATH={PATH}", "LC_ALL=C.UTF-8", "HOME=/tmp", *variables,
            *identity, *argv,
        ]  # fmt: skip

    def run(
        self,
        *argv: str,
        user: str | None = None,
        check: bool = True,
        timeout: float = 60,
        **environ: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; standard error is in `stdout`, in the order it came."""
        done = subprocess.run(
            self._command(argv, user, environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{shlex.join(argv)}:\n{done.stdout}"
        return done

    @contextlib.contextmanager
    def running(
        self, *argv: str, log: Path, user: str | None = None, **environ: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program for as long as the block lasts; what it prints goes to `log`."""
        with (
            log.open("wb") as output,
            subprocess.Popen(
                self._command(argv, user, environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)


class ServiceManager:
    """Listens as systemd does to what a service says of itself."""

    def __init__(self, root: DebianRoot, name: str) -> None:
        self.inside = f"/run/{name}"
        path = root.path / "run" / name
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o777)

    def wait_for(self, message: str, *, within: float, log: Path) -> None:
        """Wait until the service says `message`; other messages pass by."""
        self._socket.settimeout(within)
        try:
            while message not in self._socket.recv(4096).decode().split("\n"):
                pass
        except TimeoutError:
            raise AssertionError(f"no {message}; it said:\n{log.read_text()[-4000:]}") from None

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


def debian_mirror() -> str:
    """Return the mirror this machine's own apt uses."""
    if mirror := os.environ.get("DEBIAN_MIRROR"):
        return mirror
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return min(uri for uri in listed if "security" not in uri)
