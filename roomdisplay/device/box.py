"""What this box is: the model and serial number that an installer compares with its label."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from roomdisplay import __version__

_LIMIT = 100
_FILLERS = {"", "default string", "none", "not specified", "to be filled by o.e.m.", "0"}
"""What makers leave in the firmware's fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxFacts:
    """What a display tells of itself when it asks to be paired."""

    model: str | None = None
    serial: str | None = None
    version: str = __version__


def box_facts(root: Path = Path("/")) -> BoxFacts:
    """Read model and serial number from the device tree (Pi) or the firmware (PC).

    A PC's serial number is for root alone; instead, a name is derived from the machine id, as
    machine-id(5) asks for.
    """
    tree, dmi = root / "proc/device-tree", root / "sys/class/dmi/id"
    maker, product = _word(dmi / "sys_vendor"), _word(dmi / "product_name")
    firmware = " ".join(part for part in (maker, product) if part)
    return BoxFacts(
        model=_word(tree / "model") or firmware or None,
        serial=_word(tree / "serial-number")
        or _word(dmi / "product_serial")
        or _derived(root / "etc/machine-id"),
    )


def _word(file: Path) -> str | None:
    """A short printable line of a small file, or None."""
    try:
        with file.open("rb") as source:
            raw = source.read(_LIMIT)
    except OSError:
        return None
    text = raw.split(b"\0", 1)[0].decode("utf-8", "replace")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return None if line.lower() in _FILLERS else line


def _derived(file: Path) -> str | None:
    machine = _word(file)
    if machine is None:
        return None
    return "id-" + hmac.new(machine.encode(), b"roomdisplay", hashlib.sha256).hexdigest()[:12]
