from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.sync.events import EventReader, EventTooLongError, ServerEvent

KINDS = st.text("abcdefghij-", min_size=1, max_size=12)
LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40)
EVENTS = st.builds(ServerEvent, KINDS, st.lists(LINES, min_size=1, max_size=3).map("\n".join))


def _wire(event: ServerEvent, end: str) -> str:
    lines = [f"event: {event.kind}", *(f"data: {line}" for line in event.data.split("\n"))]
    return "".join(line + end for line in [*lines, ""])


@given(st.lists(EVENTS, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_events_are_read_however_the_bytes_are_cut(
    events: list[ServerEvent], end: str, data: st.DataObject
) -> None:
    raw = "".join(_wire(event, end) for event in events).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
    reader, read = EventReader(), []
    for start, stop in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        read += reader.feed(raw[start:stop])
    assert read == events


@given(st.binary(max_size=2000))
def test_no_bytes_whatever_break_the_reader(raw: bytes) -> None:
    EventReader().feed(raw)


def test_comments_ids_and_retries_are_ignored() -> None:
    raw = b": hello\nid: 7\nretry: 10\nevent: beat\ndata:x\n\n: bye\n\n"
    assert EventReader().feed(raw) == [ServerEvent("beat", "x")]


def test_an_event_without_data_is_none() -> None:
    assert EventReader().feed(b"event: beat\n\n") == []


@pytest.mark.parametrize("endless", [b"x", b"data: x\n", b"event: x\n"])
def test_an_endless_event_is_given_up(endless: bytes) -> None:
    reader = EventReader(limit=1000)
    for _ in range(1000 // len(endless)):
        reader.feed(endless)
    with pytest.raises(EventTooLongError):
        reader.feed(endless * 1000)


def test_comments_may_go_on_for_ever() -> None:
    reader = EventReader(limit=100)
    for _ in range(1000):
        assert reader.feed(b": still here\n\n") == []
