"""Start-up settings: flags over `ROOMDISPLAY_ADMIN_*` over `/etc/roomdisplay/admin.toml`.

Also the one rule for listeners: plain http on loopback only.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from roomdisplay.admin.errors import StartError
from roomdisplay.admin.settings import DEFAULT_PORT, ServerSettings

SYSTEM_FILE = Path("/etc/roomdisplay/admin.toml")
PREFIX = "ROOMDISPLAY_ADMIN_"
_LISTS = {"public_url", "behind_proxy"}
_FLAGS = {"tls_self_made"}
_KEYS = {"data", "listen", "tls_cert", "tls_key", "seal_key_file"} | _LISTS | _FLAGS
_YES = {"1", "yes", "true", "on"}
_WILDCARDS = {"0.0.0.0", "::", ""}  # noqa: S104 - recognised, not listened on
_HIGHEST_PORT = 65_535


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """The one argument that all commands of the Admin Center share."""
    parser.add_argument("--data", metavar="DIR", help="where everything is kept")


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `roomdisplay admin serve`."""
    add_data_argument(parser)
    parser.add_argument("--listen", metavar="HOST:PORT", help=f"default 127.0.0.1:{DEFAULT_PORT}")
    parser.add_argument(
        "--public-url",
        action="append",
        metavar="URL",
        help="how people and displays reach it, the usual one first",
    )
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate chain, PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="its key, PEM")
    parser.add_argument(
        "--tls-self-made",
        action="store_true",
        default=None,
        help="be one's own certificate authority; displays pin it",
    )
    parser.add_argument(
        "--behind-proxy",
        action="append",
        metavar="ADDRESS",
        help="a proxy in front does TLS; its address, whose X-Forwarded-For is believed",
    )
    parser.add_argument(
        "--seal-key-file", metavar="FILE", help="the key that seals passwords; made if missing"
    )


def read_settings(
    options: argparse.Namespace,
    environ: Mapping[str, str] | None = None,
    system_file: Path = SYSTEM_FILE,
) -> ServerSettings:
    """The settings from all places, checked.

    Raises:
        StartError: something in them cannot be, or a listener would speak plain http.
    """
    environ = os.environ if environ is None else environ
    chosen = _file_values(system_file) | _environment_values(environ)
    chosen |= {
        key: value for key, value in vars(options).items() if key in _KEYS and value is not None
    }
    host, port = _address(str(chosen.get("listen", f"127.0.0.1:{DEFAULT_PORT}")))
    settings = ServerSettings(
        data_dir=Path(str(chosen["data"])) if "data" in chosen else default_data_dir(environ),
        host=host,
        port=port,
        public_origins=tuple(_origin(url) for url in _list(chosen, "public_url")),
        tls_cert=_path(chosen, "tls_cert"),
        tls_key=_path(chosen, "tls_key"),
        tls_self_made=bool(chosen.get("tls_self_made", False)),
        behind_proxy=tuple(_list(chosen, "behind_proxy")),
        seal_key_file=_path(chosen, "seal_key_file"),
    )
    check_listener(settings)
    return settings


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """`$STATE_DIRECTORY` of a systemd unit, else the folder for a user's application data."""
    if state := environ.get("STATE_DIRECTORY"):
        return Path(state.split(":")[0])
    base = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "~")).expanduser() / (
        ".local/share"
    )
    return Path(base) / "roomdisplay-admin"


def check_listener(settings: ServerSettings) -> None:
    """Loopback may be http; any other listener needs TLS of some kind.

    Raises:
        StartError: with the ways out.
    """
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise StartError("--tls-cert and --tls-key go together.")
    ways = [settings.tls_cert is not None, settings.tls_self_made, bool(settings.behind_proxy)]
    if sum(ways) > 1:
        raise StartError("Choose one of --tls-cert/--tls-key, --tls-self-made, --behind-proxy.")
    if not any(ways) and not is_loopback(settings.host):
        raise StartError(
            f"It would speak plain http on {settings.host or 'all addresses'}, where passwords"
            " could be overheard. Add --tls-cert FILE --tls-key FILE, or --tls-self-made, or"
            " --behind-proxy ADDRESS --public-url https://…, or listen on 127.0.0.1."
        )
    if settings.behind_proxy and not settings.public_origins:
        raise StartError("Behind a proxy, say how people reach it: --public-url https://…")
    for origin in settings.public_origins:
        host = urlsplit(origin).hostname or ""
        if origin.startswith("http://") and not is_loopback(host):
            raise StartError(f"--public-url {origin} must be https.")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def with_origins(settings: ServerSettings, port: int) -> ServerSettings:
    """The settings with the port that was opened, and an origin where none was named."""
    scheme = "https" if settings.tls_cert or settings.tls_self_made else "http"
    origins = list(settings.public_origins)
    if not origins:
        host = socket.gethostname() if settings.host in _WILDCARDS else settings.host
        origins.append(f"{scheme}://{_bracketed(host)}{_port(scheme, port)}")
    if scheme == "http" and is_loopback(settings.host):
        origins.append(f"http://{_bracketed(settings.host)}{_port(scheme, port)}")
    return replace(settings, port=port, public_origins=tuple(dict.fromkeys(origins)))


def certificate_names(settings: ServerSettings) -> list[str]:
    """The names that a self-made certificate is good for."""
    names = [urlsplit(origin).hostname or "" for origin in settings.public_origins]
    if settings.host not in _WILDCARDS:
        names.append(settings.host)
    machine = socket.gethostname()
    names += [machine, f"{machine.split('.')[0]}.local", "localhost", "127.0.0.1"]
    return list(dict.fromkeys(name for name in names if name))


def _file_values(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise StartError(f"{path} cannot be read: {error}") from error
    unknown = values.keys() - _KEYS
    if unknown:
        raise StartError(f"{path}: there is no setting {', '.join(sorted(unknown))}.")
    return values


def _environment_values(environ: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for key in _KEYS:
        text = environ.get(PREFIX + key.upper())
        if not text:
            continue
        if key in _LISTS:
            values[key] = text.split()
        else:
            values[key] = text.lower() in _YES if key in _FLAGS else text
    return values


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > _HIGHEST_PORT:
        raise StartError(f"--listen {text!r} is not HOST:PORT.")
    return host.strip("[]"), int(port)


def _origin(url: str) -> str:
    """`scheme://host[:port]` of an address that has nothing else.

    Raises:
        StartError: it has more, or less.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise StartError(f"--public-url {url!r} is no address.") from error
    extra = parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not parts.hostname or extra:
        raise StartError(f"--public-url {url!r} is not scheme://host[:port].")
    shown = _port(parts.scheme, port) if port else ""
    return f"{parts.scheme}://{_bracketed(parts.hostname)}{shown}"


def _port(scheme: str, port: int) -> str:
    return "" if port == {"http": 80, "https": 443}[scheme] else f":{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _list(chosen: Mapping[str, object], key: str) -> list[str]:
    value = chosen.get(key, [])
    return [value] if isinstance(value, str) else [str(one) for one in value]  # type: ignore[attr-defined]  # TOML's lists are untyped


def _path(chosen: Mapping[str, object], key: str) -> Path | None:
    return Path(str(chosen[key])) if key in chosen else None
