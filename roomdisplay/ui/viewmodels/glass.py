"""The root view model: which screen is shown, and what a tap asks of the engine."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from msgspec import Struct
from PySide6.QtCore import Property, QObject, Signal, Slot
from PySide6.QtQml import QmlElement

from roomdisplay.model.meeting import Meeting
from roomdisplay.model.room import DeviceProfile, Place
from roomdisplay.model.roomstate import Standing
from roomdisplay.model.settings import ClockFormat, DisplaySettings, Theme
from roomdisplay.sync.snapshot import Engine, Snapshot
from roomdisplay.ui.homefacts import current_state, home_facts
from roomdisplay.ui.pairfacts import (
    DeviceFact,
    asks_for_calendar,
    call_facts,
    device_facts,
    pairing_facts,
    way_in_facts,
)
from roomdisplay.ui.taps import Taps
from roomdisplay.ui.troublewords import notice_text
from roomdisplay.ui.viewmodels.call import CallModel
from roomdisplay.ui.viewmodels.facts import FactsHolder, fact
from roomdisplay.ui.viewmodels.home import HomeModel
from roomdisplay.ui.viewmodels.pairing import PairingModel
from roomdisplay.ui.viewmodels.rows import RowsModel
from roomdisplay.ui.wake import next_look
from roomdisplay.ui.wording import Wording, plain, wording

QML_IMPORT_NAME = "RoomDisplay.Models"
QML_IMPORT_MAJOR_VERSION = 1


class GlassFacts(Struct, frozen=True, kw_only=True):
    """What holds for every screen."""

    screen: str = "starting"
    """starting, pairing or home."""
    place: str = "door"
    scheme: str = "light"
    """light, dark or high_contrast."""
    notice: str = ""
    sheet: str = ""
    """What was opened above the screen: more, facts, or nothing."""
    identify: str = ""
    """What an administrator who looks for this display should read in large letters."""


@QmlElement
class GlassModel(FactsHolder):
    """Holds the newest snapshot and the taps, and shows both through the other models."""

    changed = Signal()

    screen = fact(str, "screen", changed)
    place = fact(str, "place", changed)
    scheme = fact(str, "scheme", changed)
    notice = fact(str, "notice", changed)
    sheet = fact(str, "sheet", changed)
    identify = fact(str, "identify", changed)

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        clock: Callable[[], float],
        engine: Engine | None = None,
        place: Place = Place.DOOR,
        language: str = "en",
        parent: QObject | None = None,
    ) -> None:
        """Show `snapshot`.

        Args:
            snapshot: what is known at the start.
            clock: CLOCK_BOOTTIME, seconds.
            engine: what taps ask; None: a picture, whose taps ask nothing.
            place: where the display hangs, until a schedule says it.
            language: what it speaks until then.
            parent: Qt's owner.
        """
        super().__init__(GlassFacts(), parent)
        self.home, self.pairing = HomeModel(self), PairingModel(self)
        self.call = CallModel(self)
        self._device_facts = RowsModel(DeviceFact, self)
        self._snapshot, self._clock, self._engine = snapshot, clock, engine
        self._place, self._language = place, language
        self._taps = Taps()
        self._sheet = ""
        self.next_look = 0.0
        self.look()

    @Property(QObject, constant=True)
    def deviceFacts(self) -> QObject:  # noqa: N802 - QML's spelling
        """What the sheet behind the room's name lists, a `RowsModel` of `DeviceFact`."""
        return self._device_facts

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that is shown."""
        return self._snapshot

    @property
    def device(self) -> DeviceProfile | None:
        """What the Admin Center says this display is; None: it has not spoken yet."""
        return self._snapshot.schedule.device if self._snapshot.schedule else None

    def take(self, snapshot: Snapshot) -> None:
        """Show a newer snapshot."""
        before, self._snapshot = self._snapshot, snapshot
        self._taps = self._taps.answered(snapshot, before)
        self.look()

    def look(self) -> None:
        """Work out what is shown now, and when (`next_look`, boot-time seconds) to look again."""
        snapshot, boottime = self._snapshot, self._clock()
        self._taps = self._taps.after(boottime)
        w, place = self._wording(), self._current_place()
        state = current_state(snapshot, boottime)
        tapped = frozenset(self._taps.checked_in)
        facts = home_facts(snapshot, state, boottime, w, place=place, tapped=tapped)
        # The models first: `screen` must not point to one that has not heard yet.
        self.home.show(facts)
        told = way_in_facts if asks_for_calendar(snapshot) else pairing_facts
        self.pairing.show(told(snapshot, boottime, w))
        self.call.show(call_facts(self._taps.call(snapshot), w, place=place))
        self._device_facts.show(device_facts(snapshot, w))
        self.show(self._glass_facts(place, w))
        ends = self._taps.next_end(boottime)
        looks = next_look(snapshot, state, boottime)
        self.next_look = min(looks, ends) if ends is not None else looks

    @Slot(str)
    def join(self, meeting_id: str) -> None:
        """Open a meeting's call; a second tap on the same button changes nothing."""
        meeting, device = self._meeting(meeting_id), self.device
        if meeting is None or device is None or not self._taps.may_join(self._snapshot):
            return
        self._taps = self._taps.join(meeting, device, self._clock())
        if self._engine is not None:
            self._engine.join(meeting_id)
        self._tapped()

    @Slot(str)
    def checkIn(self, meeting_id: str) -> None:  # noqa: N802 - QML's spelling
        """Somebody is here."""
        if meeting_id in self._taps.checked_in or meeting_id in self._snapshot.pending:
            return
        self._taps = self._taps.check_in(meeting_id, self._clock())
        if self._engine is not None:
            self._engine.check_in(meeting_id)
        self._tapped()

    @Slot()
    def leaveCall(self) -> None:  # noqa: N802
        """Leave the call, or put its failure away."""
        call = self._taps.call(self._snapshot)
        if call is None:
            return
        self._taps = self._taps.leave(self._snapshot.call or call)
        if self._engine is not None:
            self._engine.leave_call()
        self._tapped()

    @Slot()
    def newCode(self) -> None:  # noqa: N802
        """Ask for another pairing code."""
        if self._engine is not None:
            self._engine.new_code()

    @Slot()
    def askWayIn(self) -> None:  # noqa: N802
        """Ask for the link that sets this screen up."""
        if self._engine is not None:
            self._engine.ask_way_in()

    @Slot(str)
    def openSheet(self, name: str) -> None:  # noqa: N802
        """Open the list of what had no room ("more") or the device's facts ("facts")."""
        self._sheet = name
        self._tapped()

    @Slot()
    def closeSheet(self) -> None:  # noqa: N802
        """Put away what `openSheet` opened."""
        self._sheet = ""
        self._tapped()

    tapped = Signal()
    """Something was tapped: `next_look` may have come nearer."""

    def _tapped(self) -> None:
        self.look()
        self.tapped.emit()

    def _meeting(self, meeting_id: str) -> Meeting | None:
        meetings = self._snapshot.schedule.meetings if self._snapshot.schedule else ()
        return next((m for m in meetings if m.id == meeting_id), None)

    def _current_place(self) -> Place:
        return self.device.place if self.device else self._place

    def _wording(self) -> Wording:
        schedule = self._snapshot.schedule
        if schedule is None:
            return wording(self._language, ZoneInfo("UTC"), ClockFormat.AUTO)
        settings = schedule.settings
        return wording(settings.language, schedule.room.timezone, settings.clock_format)

    def _glass_facts(self, place: Place, w: Wording) -> GlassFacts:
        snapshot = self._snapshot
        settings = snapshot.schedule.settings if snapshot.schedule else DisplaySettings()
        scheme = settings.theme
        if scheme is Theme.AUTO:
            scheme = Theme.LIGHT if place is Place.DOOR else Theme.DARK
        return GlassFacts(
            screen=_screen(snapshot),
            place=place.value,
            scheme=scheme.value,
            notice=" · ".join(notice_text(key, w) for key in snapshot.notices),
            sheet=self._sheet,
            identify=_identity(snapshot),
        )


def _screen(snapshot: Snapshot) -> str:
    if snapshot.standing in {Standing.UNPAIRED, Standing.REVOKED} or asks_for_calendar(snapshot):
        return "pairing"
    if snapshot.standing is None and snapshot.schedule is None:
        return "starting"
    return "home"


def _identity(snapshot: Snapshot) -> str:
    """The end of the device's id: enough to tell the displays of one building apart."""
    if not snapshot.identify:
        return ""
    return plain(snapshot.texts.get("device_id", "?"))[-6:].upper()
