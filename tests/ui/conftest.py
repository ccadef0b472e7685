"""A Qt application without a screen, sample snapshots, and an engine that records wishes."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from roomdisplay.ui.app import software_only

software_only()

from PySide6.QtGui import QGuiApplication  # noqa: E402 - reads the environment set above

from roomdisplay.sync.snapshot import Snapshot  # noqa: E402
from roomdisplay.ui.picture import Picture  # noqa: E402
from roomdisplay.ui.viewmodels.glass import GlassModel  # noqa: E402


def _load_samples() -> ModuleType:
    name = "roomdisplay_ui_samples"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("samples.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_SAMPLES = _load_samples()


@pytest.fixture(scope="session")
def qapp_cls() -> type[QGuiApplication]:
    """The display needs no widgets."""
    return QGuiApplication


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """Builders of snapshots: `samples.py`."""
    return _SAMPLES


class RecordingEngine:
    """An engine without a thread: keeps the listener, writes down what is asked."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.asked: list[tuple[object, ...]] = []
        self.listener: Callable[[Snapshot], None] | None = None

    def start(self, listener: Callable[[Snapshot], None]) -> None:
        self.listener = listener

    def frame_painted(self) -> None:
        self.asked.append(("frame_painted",))

    def check_in(self, meeting_id: str) -> None:
        self.asked.append(("check_in", meeting_id))

    def join(self, meeting_id: str) -> None:
        self.asked.append(("join", meeting_id))

    def place_calls(self, *, x: int, y: int, width: int, height: int, scale: float) -> None:
        self.asked.append(("place_calls", x, y, width, height, scale))

    def leave_call(self) -> None:
        self.asked.append(("leave_call",))

    def new_code(self) -> None:
        self.asked.append(("new_code",))

    def ask_way_in(self) -> None:
        self.asked.append(("ask_way_in",))

    def stop(self) -> None:
        self.asked.append(("stop",))

    def wishes(self) -> list[tuple[object, ...]]:
        """What people's taps asked for."""
        return [
            a
            for a in self.asked
            if a[0] in {"join", "check_in", "leave_call", "new_code", "ask_way_in"}
        ]


@pytest.fixture
def engine_for() -> type[RecordingEngine]:
    """Makes an engine that shows one snapshot and records wishes."""
    return RecordingEngine


@pytest.fixture
def picture_of(qapp: QGuiApplication, samples: ModuleType) -> Iterator[Callable[..., Picture]]:
    """Makes pictures of snapshots at the samples' instant, and closes them."""
    assert qapp is not None
    made: list[Picture] = []

    def make(snapshot: Snapshot, size: tuple[int, int], **options: object) -> Picture:
        place = options.pop("place", None)
        extra = {"place": place} if place else {}
        glass = GlassModel(snapshot, clock=lambda: samples.BOOTTIME, **extra)
        made.append(Picture(glass, size, **options))
        return made[-1]

    yield make
    for picture in made:
        picture.close()
