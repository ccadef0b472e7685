"""What a display is told at start-up: flags, `ROOMDISPLAY_*`, a provisioning file, display.toml.

Everything else comes from the Admin Center. Imported before the first frame: keep it light.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

log = logging.getLogger(__name__)

SYSTEM_FILE = Path("/etc/roomdisplay/display.toml")
PROVISIONING_FILE = "provisioning.toml"
"""In the state folder: `server`, `server_pin` and `activation_code`; wiped once it was used."""
_LIMIT = 65_536


class DisplaySettings(NamedTuple):
    """A display's start-up settings."""

    state_dir: Path
    server: str | None = None
    """The Admin Center's address as an administrator wrote it."""
    server_pin: str | None = None
    insecure_key_file: Path | None = None


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that all of a display's commands know."""
    # `--activation-code CODE` must not pass for `--activation-code-file`: no secret in arguments.
    parser.allow_abbrev = False
    parser.add_argument(
        "--server",
        metavar="URL",
        help=f"the Admin Center's address (default: $ROOMDISPLAY_SERVER, else {SYSTEM_FILE})",
    )
    parser.add_argument(
        "--server-pin",
        metavar="SHA256",
        help="trust the server by this pin of its own authority, as its sheet says",
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="where the display keeps its day and what is unsent (default: $STATE_DIRECTORY,"
        " else the user's state folder)",
    )
    parser.add_argument(
        "--insecure-key-file",
        type=Path,
        metavar="FILE",
        help="keep the key in this plain file instead of a keyring; for trials only",
    )


def settings_from(
    options: argparse.Namespace,
    environ: Mapping[str, str] | None = None,
    system_file: Path = SYSTEM_FILE,
) -> DisplaySettings:
    """The settings that hold: a flag before the environment before the files."""
    environ = os.environ if environ is None else environ
    state_dir: Path = options.state_dir or default_state_dir(environ)
    for named in (
        {"server": options.server, "server_pin": options.server_pin},
        {
            "server": environ.get("ROOMDISPLAY_SERVER"),
            "server_pin": environ.get("ROOMDISPLAY_SERVER_PIN"),
        },
        _table(state_dir / PROVISIONING_FILE),
        _table(system_file),
    ):
        # Whoever names the server also says how it is trusted: pins do not mix.
        if server := _text(named, "server"):
            pin = _text(named, "server_pin")
            break
    else:
        server, pin = None, options.server_pin
    return DisplaySettings(
        state_dir=state_dir,
        server=server,
        server_pin=pin or options.server_pin,
        insecure_key_file=options.insecure_key_file,
    )


def default_state_dir(environ: Mapping[str, str]) -> Path:
    """`$STATE_DIRECTORY` of a systemd unit, else the user's state folder."""
    if state := environ.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(state)
    home = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "roomdisplay"


def provisioned_code(file: Path) -> str | None:
    """The activation code that a provisioning file holds, if it holds one."""
    return _text(_table(file), "activation_code")


def wipe_code(file: Path) -> None:
    """Take the activation code out of a provisioning file; server and pin stay.

    Raises:
        OSError: the file cannot be written.
    """
    from roomdisplay.device.durable_file import replace_durably  # noqa: PLC0415 - rarely needed

    kept = _table(file)
    lines = [
        f'{name} = "{value}"\n'
        for name in ("server", "server_pin")
        if (value := _text(kept, name)) and '"' not in value and "\\" not in value
    ]
    replace_durably(file, "".join(lines).encode())


def _table(file: Path) -> dict[str, Any]:
    """A small TOML file; one that is not there, or cannot be read, says nothing."""
    try:
        with file.open("rb") as source:
            raw = source.read(_LIMIT)
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            log.warning("%s cannot be read: %s", file, error.strerror)
        return {}
    import tomllib  # noqa: PLC0415 - most displays have no such file

    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        # Neither the error nor the content: it may hold an activation code.
        log.warning("%s is no TOML and is not read", file)
        return {}


def _text(table: Mapping[str, Any], name: str) -> str | None:
    value = table.get(name)
    return value.strip() or None if isinstance(value, str) else None
