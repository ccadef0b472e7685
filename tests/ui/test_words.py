"""The screen's words, in both languages, as the design's table has them."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roomdisplay.device.vault.opening import INSECURE_NOTICE
from roomdisplay.model.freshness import FreshnessReading, Hop, SourceState
from roomdisplay.model.room import Place
from roomdisplay.model.roomstate import StateKind as K
from roomdisplay.model.settings import ClockFormat
from roomdisplay.sync.deliveries import OUTBOX_NOTICE
from roomdisplay.sync.snapshot import Snapshot, Trouble, TroubleKind
from roomdisplay.ui.homefacts import HomeFacts, current_state, home_facts
from roomdisplay.ui.pairfacts import call_facts, device_facts, next_pairing_change, pairing_facts
from roomdisplay.ui.troublewords import call_failure, hop_text, notice_text, trouble_text
from roomdisplay.ui.wording import Wording, isolated, plain, wording

REASONS = (
    "no_connection",
    "no_ticket",
    "no_display",
    "no_way_to_display",
    "no_answer",
    "starting",
    "too_late",
    "browser_missing",
    "browser_silent",
    "browser_failed",
    "service_unreachable",
)
"""What `Call.reason` names."""
TABLE = [
    (K.NO_CALENDAR, "en", "No calendar yet", "Manage Rooms → Add a calendar → Apply"),
    (
        K.NO_CALENDAR,
        "fr",
        "Aucun calendrier",
        "Gérer les salles → Ajouter un calendrier → Appliquer",
    ),
    (K.OUT_OF_SERVICE, "en", "Closed", "Water damage, back on Friday"),
    (K.OUT_OF_SERVICE, "fr", "Hors service", "Water damage, back on Friday"),
    (K.CLOCK_UNTRUSTED, "en", "Setting the clock", ""),
    (K.CLOCK_UNTRUSTED, "fr", "Mise à l'heure", ""),
    (K.UNKNOWN, "en", "No information", "check your calendar"),
    (K.UNKNOWN, "fr", "Pas d'information", "voyez votre agenda"),
    (K.STALE_FREE, "en", "Free?", "as of 12:47"),
    (K.STALE_FREE, "fr", "Libre ?", "état à 12:47"),
    (K.STALE_BUSY, "en", "In use?", "as of 09:46"),
    (K.STALE_BUSY, "fr", "Occupée ?", "état à 09:46"),
    (K.RELEASE_UNDO, "en", "Not confirmed", "free in 60 s"),
    (K.RELEASE_UNDO, "fr", "Non confirmée", "libre dans 60 s"),
    (K.RUNNING_OVER, "en", "Over time", "next meeting since 11:30"),
    (K.RUNNING_OVER, "fr", "Prolongée", "réunion suivante depuis 11:30"),
    (K.CHECK_IN, "en", "Reserved", "check in before 10:10"),
    (K.CHECK_IN, "fr", "Réservée", "confirmez avant 10:10"),
    (K.ENDING, "en", "In use", "4 min left, then reserved"),
    (K.ENDING, "fr", "Occupée", "encore 4 min, puis réservée"),
    (K.IN_USE, "en", "In use", "until 11:00"),
    (K.IN_USE, "fr", "Occupée", "jusqu'à 11:00"),
    (K.STARTING_SOON, "en", "Reserved", "in 7 min"),
    (K.STARTING_SOON, "fr", "Réservée", "dans 7 min"),
    (K.FREE, "en", "Free", "until 14:00"),
    (K.FREE, "fr", "Libre", "jusqu'à 14:00"),
]


def speaking(language: str, clock: ClockFormat = ClockFormat.AUTO) -> Wording:
    return wording(language, ZoneInfo("Europe/Paris"), clock)


def facts_of(snapshot: Snapshot, samples: ModuleType) -> HomeFacts:
    schedule = snapshot.schedule
    assert schedule is not None
    return home_facts(
        snapshot,
        current_state(snapshot, samples.BOOTTIME),
        samples.BOOTTIME,
        speaking(schedule.settings.language, schedule.settings.clock_format),
        place=schedule.device.place,
    )


@pytest.mark.parametrize(("kind", "language", "word", "line"), TABLE)
def test_each_state_has_its_words(
    kind: K, language: str, word: str, line: str, samples: ModuleType
) -> None:
    snapshot = samples.STATES[kind](language=language)
    assert current_state(snapshot, samples.BOOTTIME).kind is kind
    facts = facts_of(snapshot, samples)
    spoken = (facts.word.replace("\u00a0", " "), facts.line.replace("\u00a0", " "))
    assert spoken == (word, line)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "for the rest of the day"),
        ("fr", "jusqu'à ce soir"),
        ("xx", "for the rest of the day"),
    ],
)
def test_a_day_without_meetings_is_free_to_its_end(
    language: str, expected: str, samples: ModuleType
) -> None:
    assert facts_of(samples.snapshot(meetings=(), language=language), samples).line == expected


def test_the_weekday_is_named_when_the_end_is_not_today(samples: ModuleType) -> None:
    long = replace(samples.meeting("10:00", "11:00"), end=samples.at("09:00", 25))
    assert facts_of(samples.snapshot(meetings=(long,)), samples).line == "until Wed 09:00"
    far = replace(long, end=samples.at("00:00", 25))
    assert facts_of(samples.snapshot(meetings=(far,)), samples).line == "until the end of Tue"
    today = replace(long, end=samples.at("00:00", 24))
    assert facts_of(samples.snapshot(meetings=(today,)), samples).line == "for the rest of the day"


@pytest.mark.parametrize(
    ("tag", "clock", "expected"),
    [
        ("en", ClockFormat.AUTO, "14:05"),
        ("fr", ClockFormat.AUTO, "14:05"),
        ("en", ClockFormat.H12, "2:05\u00a0pm"),
        ("en-US", ClockFormat.H24, "14:05"),
    ],
)
def test_times_follow_language_and_choice(
    tag: str, clock: ClockFormat, expected: str, samples: ModuleType
) -> None:
    text = speaking(tag, clock).time(samples.at("14:05"))
    assert text.replace(" ", "\u00a0") == expected


def test_american_english_writes_twelve_hours(samples: ModuleType) -> None:
    assert speaking("en-US").time(samples.at("14:05")).lower() == "2:05\u00a0pm"


def test_the_door_names_the_organiser_and_the_reserved(samples: ModuleType) -> None:
    facts = facts_of(samples.snapshot(), samples)
    assert (facts.title, facts.organizer, facts.join) == ("Facilities", "", "")
    bare = tuple(replace(m, organizer=None) for m in samples.day(Place.DOOR))
    facts = facts_of(samples.snapshot(meetings=bare), samples)
    assert (facts.title, facts.rows[0].title) == ("", "reserved")


def test_private_meetings_stay_private_inside(samples: ModuleType) -> None:
    private = replace(samples.day(Place.INSIDE)[1], private=True)
    facts = facts_of(samples.snapshot(meetings=(private,), place=Place.INSIDE), samples)
    assert (facts.title, facts.organizer) == ("Private meeting", "")
    assert facts.join == "Join · GoTo"


def test_a_feed_is_named_as_the_source(samples: ModuleType) -> None:
    facts = facts_of(samples.snapshot(feed=True), samples)
    assert (facts.note, facts.trouble) == ("according to the feed, 10:35", False)


def test_the_stale_hop_is_named(samples: ModuleType) -> None:
    assert facts_of(samples.STATES[K.STALE_FREE](), samples).note == (
        "No connection to the Admin Center since 12:48"
    )
    assert facts_of(samples.late_source(), samples).note == "The calendar service does not answer"
    assert facts_of(samples.late_source(language="fr"), samples).note == (
        "Le service d'agenda ne répond pas"
    )


def test_a_trouble_is_silent_while_the_picture_is_fresh(samples: ModuleType) -> None:
    trouble = Trouble(kind=TroubleKind.SERVER_UNREACHABLE, since=samples.BOOTTIME - 5)
    assert facts_of(samples.snapshot(trouble=trouble), samples).note == ""
    lasting = replace(trouble, kind=TroubleKind.DISK)
    assert facts_of(samples.snapshot(trouble=lasting), samples).note != ""


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", list(TroubleKind))
def test_every_trouble_has_words(kind: TroubleKind, language: str, samples: ModuleType) -> None:
    trouble, now = Trouble(kind=kind, since=0.0), samples.at("10:36")
    dated = trouble_text(trouble, now - timedelta(minutes=5), now, speaking(language))
    undated = trouble_text(trouble, None, now, speaking(language))
    assert dated
    assert undated
    assert "{" not in dated + undated


def test_the_pairing_screen_tells_where_and_what(samples: ModuleType) -> None:
    facts = pairing_facts(samples.pairing(), samples.BOOTTIME, speaking("en"))
    assert facts.code == "WDJB-MJHT"
    assert facts.address == "rooms.example.com/pair"
    assert facts.words.split() == ["harbour", "violin", "meadow", "ticket"]
    assert facts.expiry == "New code in 11 min"


def test_without_an_address_for_a_phone_nothing_is_scanned(samples: ModuleType) -> None:
    snapshot = samples.pairing()
    local = replace(
        snapshot.pairing,
        verification_uri="http://127.0.0.1:8000/pair",
        verification_uri_complete=None,
    )
    facts = pairing_facts(replace(snapshot, pairing=local), samples.BOOTTIME, speaking("en"))
    assert (facts.lead, facts.scan) == ("Enter the code at", "")
    assert facts.address == "http://127.0.0.1:8000/pair"


def test_the_code_counts_down_on_the_minute(samples: ModuleType) -> None:
    snapshot, instant = samples.pairing(), samples.BOOTTIME
    seen = []
    while (change := next_pairing_change(snapshot, instant)) is not None:
        seen.append(pairing_facts(snapshot, instant, speaking("en")).expiry)
        assert change > instant
        instant = change
    assert seen == [f"New code in {n} min" for n in range(11, 0, -1)]


def test_without_a_code_the_trouble_is_told(samples: ModuleType) -> None:
    lost = Trouble(kind=TroubleKind.CERTIFICATE_NOT_TRUSTED, since=0.0)
    snapshot = samples.pairing(offer=False, trouble=lost)
    facts = pairing_facts(snapshot, samples.BOOTTIME, speaking("en"))
    assert (facts.lead, facts.code) == ("", "")
    assert facts.note == "The Admin Center's certificate is not trusted"


def test_a_call_has_words_for_each_phase(samples: ModuleType) -> None:
    for phase in samples.CallPhase:
        call = samples.Call(meeting_id="m", service="zoom", phase=phase, dial_in="+44 1")
        inside = call_facts(call, speaking("en"), place=Place.INSIDE)
        assert inside.headline
        assert inside.close
        assert "+44 1" not in call_facts(call, speaking("en"), place=Place.DOOR).text
    assert call_facts(None, speaking("en"), place=Place.INSIDE).phase == ""


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_failure_of_a_call_says_why(language: str) -> None:
    words = {call_failure(reason, speaking(language)) for reason in REASONS}
    assert len(words) == len(REASONS)
    unknown = call_failure("something_new", speaking(language))
    assert unknown == call_failure("browser_failed", speaking(language))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("key", [INSECURE_NOTICE, OUTBOX_NOTICE])
def test_every_notice_has_words(key: str, language: str) -> None:
    assert notice_text(key, speaking(language)) != key.replace("_", " ")


def test_the_facts_of_the_device_name_an_insecure_key(samples: ModuleType) -> None:
    snapshot = samples.snapshot(notices=("insecure_key_file",))
    values = [fact.value for fact in device_facts(snapshot, speaking("en"))]
    assert values == [
        "rooms.example.com",
        "d-7f3a91c2",
        "0.1.0",
        "Key in a plain file: for trials only",
    ]
    assert notice_text("something_new", speaking("en")) == "something new"


@given(st.text(max_size=2000))
def test_meeting_text_becomes_one_harmless_line(text: str) -> None:
    line = plain(text)
    assert len(line) <= 300
    assert line == line.strip()
    assert not set(line) & set("\n\r\t\0\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert plain(line) == line


def test_text_from_right_to_left_is_kept_to_itself() -> None:
    assert isolated("Planning") == "Planning"
    name = "שלום"
    assert isolated(name) == f"\u2068{name}\u2069"
    assert plain("e\u0301\u0301\u0301\u0301\u0301") == "e\u0301\u0301\u0301"


@pytest.mark.parametrize(
    "reason",
    [
        "credentials_rejected",
        "calendar_gone",
        "permission_missing",
        "authorizing",
        "authorization_refused",
        "authorization_unreachable",
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_only_an_administrator_can_mend_is_told_apart_from_silence(
    reason: str, language: str
) -> None:
    words = wording(language, ZoneInfo("Europe/Paris"), ClockFormat.AUTO)

    def told(why: str) -> str:
        reading = FreshnessReading(
            age=timedelta(hours=1),
            fresh_left=timedelta(0),
            trust_left=timedelta(0),
            weaker_hop=Hop.SOURCE,
            source_state=SourceState.FAILING,
            reason=why,
        )
        return hop_text(reading, words)

    assert told(reason) != told("unavailable")
    assert told("some_later_reason") == told("unavailable")
