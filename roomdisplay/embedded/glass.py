"""The embedded display's process: the product's own, but that it says what stands on the glass.

Each pairing code that comes onto the glass is said on the standard output, for whoever embeds the
display to confirm it as an installer would. With `--screenshot` it draws one picture and ends.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from roomdisplay.device.clock import boottime
from roomdisplay.embedded.arguments import window_size
from roomdisplay.embedded.process import CODE, INVITE, LINK, LINK_LIFETIME
from roomdisplay.model.pairing import WayIn
from roomdisplay.model.room import Place
from roomdisplay.model.roomstate import Standing
from roomdisplay.sync.engine import DisplayEngine
from roomdisplay.sync.options import Clocks, DisplayOptions, JoinOptions
from roomdisplay.sync.snapshot import Snapshot
from roomdisplay.sync.warm import runtime_folder

PICTURE_PATIENCE = 60.0
"""Seconds until a display that has heard nothing gives up its picture."""


def main() -> int:
    """Run until the window is closed or the picture is saved."""
    logging.basicConfig(level=logging.ERROR)
    options = _options()
    engine = _SayingEngine(
        DisplayOptions(
            state_dir=options.state_dir,
            server=options.server,
            server_pin=options.server_pin,
            insecure_key_file=options.insecure_key_file,
            # On one machine, the Admin Center's clock is this one's: no better than our own.
            clocks=Clocks(server_is_trusted=options.trust_server_clock),
            join=_join_options(options),
            runtime_dir=runtime_folder(dict(os.environ), os.getuid()),
        ),
        way_in=options.way_in,
    )
    if options.screenshot is not None:
        return _picture(engine, options)
    return _window(engine, options)


class _SayingEngine(DisplayEngine):
    """The display's engine, which also says each new pairing code, and may offer the way in."""

    def __init__(self, options: DisplayOptions, *, way_in: bool) -> None:
        super().__init__(options)
        self._way_in = way_in

    def start(self, listener: Callable[[Snapshot], None]) -> None:
        """Begin, with ears of our own beside the screen's."""
        last: str | None = None

        def listen(snapshot: Snapshot) -> None:
            nonlocal last
            code = snapshot.pairing.user_code if snapshot.pairing else None
            if code is not None and code != last:
                last = code
                _say(f"{CODE} {code}")
            listener(snapshot)

        super().start(listen)
        if self._way_in:
            self.offer_way_in(WayIn())
            threading.Thread(target=self._hear_links, name="links", daemon=True).start()

    def ask_way_in(self) -> None:
        """Have whoever embeds us make a link."""
        if self._way_in:
            _say(INVITE)

    def _hear_links(self) -> None:
        for line in sys.stdin:
            word, _, link = line.strip().partition(" ")
            if word == LINK:
                lifetime = LINK_LIFETIME.total_seconds()
                self.offer_way_in(
                    WayIn(link=link, expires_at=boottime() + lifetime, lifetime=lifetime)
                )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _join_options(options: argparse.Namespace) -> JoinOptions:
    if options.sample_calls is None:
        return JoinOptions()
    from roomdisplay.embedded.sample_calls import sample_calls  # noqa: PLC0415 - the demo only

    # Chromium's sandbox refuses root, who may well be the one to try the demo.
    return JoinOptions(sandbox=os.geteuid() != 0, make_call=sample_calls(options.sample_calls))


def _picture(engine: DisplayEngine, options: argparse.Namespace) -> int:
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415 - only this way needs it

    from roomdisplay.ui.picture import render  # noqa: PLC0415 - as above

    application = QGuiApplication(sys.argv[:1])
    settled = threading.Event()

    def listen(snapshot: Snapshot) -> None:
        if (
            snapshot.standing is Standing.PAIRED
            and snapshot.schedule is not None
            and snapshot.clock.trusted
            and snapshot.freshness(boottime()).fresh
        ):
            settled.set()

    engine.start(listen)
    engine.frame_painted()
    try:
        if not settled.wait(PICTURE_PATIENCE):
            sys.stderr.write("roomdisplay: the display heard nothing of its room in a minute\n")
            return 1
        render(
            engine.snapshot, size=options.size, boottime=boottime(), path=options.screenshot,
            place=options.place, language=options.language,
        )  # fmt: skip
    except OSError as error:
        sys.stderr.write(f"roomdisplay: {error}\n")
        return 1
    finally:
        engine.stop()
    del application
    return 0


def _window(engine: DisplayEngine, options: argparse.Namespace) -> int:
    from roomdisplay.device.watchdog import ServiceManager  # noqa: PLC0415 - only this way needs it
    from roomdisplay.ui.qt import load_qt  # noqa: PLC0415

    load_qt()
    from roomdisplay.ui.app import GlassOptions, choose_backends, run_glass  # noqa: PLC0415

    os.environ.update(choose_backends(dict(os.environ)))
    glass = GlassOptions(windowed=options.size, place=options.place, language=options.language)
    return run_glass(engine, glass, ServiceManager())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="roomdisplay.embedded.glass")
    parser.add_argument("--server", required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--place", type=Place, required=True)
    parser.add_argument("--language", required=True)
    parser.add_argument("--server-pin")
    parser.add_argument("--insecure-key-file", type=Path)
    parser.add_argument("--trust-server-clock", action="store_true")
    parser.add_argument("--way-in", action="store_true")
    parser.add_argument("--sample-calls", metavar="ORIGIN")
    parser.add_argument("--size", type=window_size)
    parser.add_argument("--screenshot", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
