"""What is believed of what is posted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.connectors.base import ConnectionSettings
from roomdisplay.connectors.cronofy import answer_hook
from roomdisplay.connectors.cronofy.hooks import is_signed
from roomdisplay.connectors.push import Hook, HookAnswer, HookRequest, Signal, SignalKind

SECRET = "pDY0Oi7TJSP2hfNmZNkm5"
HOOK = Hook(url="https://admin.example.com/hooks/k2x9", secret="nonce-5d0a7e")
SETTINGS = ConnectionSettings(values={"client_id": "abc"}, secrets={"client_secret": SECRET})
VECTOR = b'{"example":"well-known"}'
VECTOR_SIGNATURE = "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c="
WRONG = "PNNVJ9J2e8N174koxcKDzktZ9Qkt8YUzP+V+l5lG8F4="


def sign(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def posted(told: object, *, signature: str | None = None) -> HookAnswer:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    headers = {"cronofy-hmac-sha256": sign(body) if signature is None else signature}
    return answer_hook(
        HookRequest(method="POST", query={}, headers=headers, body=body), HOOK, SETTINGS
    )


def notification(kind: str, url: str = HOOK.url) -> dict[str, object]:
    return {
        "notification": {"type": kind, "changes_since": "2026-11-23T08:00:00Z"},
        "channel": {"channel_id": "chn_1", "callback_url": url, "filters": {}},
    }


def test_the_published_vector() -> None:
    assert is_signed(VECTOR, VECTOR_SIGNATURE, SECRET)
    assert not is_signed(VECTOR, WRONG, SECRET)


def test_any_of_several_signatures_is_enough() -> None:
    assert is_signed(VECTOR, f"{WRONG},{VECTOR_SIGNATURE}", SECRET)
    assert is_signed(VECTOR, f"{VECTOR_SIGNATURE}, {WRONG}", SECRET)
    assert not is_signed(VECTOR, ",".join([WRONG] * 3), SECRET)
    assert not is_signed(VECTOR, ",".join([WRONG] * 50 + [VECTOR_SIGNATURE]), SECRET)


@given(st.binary(max_size=64), st.text(max_size=80))
def test_no_header_and_no_other_body_passes(body: bytes, header: str) -> None:
    assert is_signed(body, header, SECRET) == (sign(body) in [h.strip() for h in header.split(",")])
    assert is_signed(body, sign(body), SECRET)
    assert not is_signed(body + b"x", sign(body), SECRET)


@pytest.mark.parametrize("kind", ["change", "profile_connected", "profile_initial_sync_completed"])
def test_changes(kind: str) -> None:
    assert posted(notification(kind)).signals == (Signal(kind=SignalKind.CHANGED),)


def test_a_lost_mailbox() -> None:
    assert posted(notification("profile_disconnected")).signals == (Signal(kind=SignalKind.LOST),)


@pytest.mark.parametrize("kind", ["verification", "conferencing_assigned", "something_new", ""])
def test_what_says_nothing_to_us_is_taken_well(kind: str) -> None:
    answer = posted(notification(kind))
    assert (answer.status, answer.signals) == (200, ())


def test_a_code() -> None:
    answer = posted({"authorization": {"code": "c0de", "state": HOOK.secret}})
    assert answer.signals == (Signal(kind=SignalKind.AUTHORIZED, code="c0de"),)
    assert "c0de" not in repr(answer)


def test_a_refusal_says_why() -> None:
    told = {"error": "access_denied", "error_key": "errors.x", "error_description": "No  such\nbox"}
    (signal,) = posted({"authorization": {**told, "state": HOOK.secret}}).signals
    assert (signal.kind, signal.words) == (SignalKind.REFUSED, "No such box")
    assert signal.diagnosis is not None
    assert signal.diagnosis.reason == "cronofy_room_refused"
    assert signal.diagnosis.params == {"error": "access_denied", "words": "No such box"}


@pytest.mark.parametrize("field", ["error", "error_key"])
def test_a_scope_that_cannot_be_granted(field: str) -> None:
    told = {field: "errors.unable_to_grant_scope", "state": HOOK.secret}
    (signal,) = posted({"authorization": told}).signals
    assert signal.diagnosis is not None
    assert signal.diagnosis.reason == "cronofy_scope_refused"


def test_words_of_strangers_are_bounded() -> None:
    told = {"error": "<b>" * 999, "error_description": "x" * 9999, "state": HOOK.secret}
    (signal,) = posted({"authorization": told}).signals
    assert len(signal.words) == 300
    assert signal.diagnosis is not None
    assert signal.diagnosis.params["error"] == ""


@pytest.mark.parametrize("state", ["", "nonce", "nonce-5d0a7f", "é", None, 7])
def test_a_code_for_another_room_says_nothing(state: object) -> None:
    answer = posted({"authorization": {"code": "c0de", "state": state}})
    assert answer.signals == ()
    assert answer.status in {400, 401}


def test_what_was_signed_for_another_hook_says_nothing() -> None:
    answer = posted(notification("change", "https://admin.example.com/hooks/other"))
    assert (answer.status, answer.signals) == (401, ())


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b'{"channel":7}', b"[" * 9999]
)
def test_signed_nonsense_says_nothing(body: bytes) -> None:
    answer = posted(body)
    assert answer.signals == ()
    assert answer.status in {400, 401}


def test_unsigned_and_without_a_client_secret() -> None:
    assert posted(notification("change"), signature="").signals == ()
    request = HookRequest(
        method="POST", query={}, headers={"cronofy-hmac-sha256": sign(b"{}", "")}, body=b"{}"
    )
    assert answer_hook(request, HOOK, ConnectionSettings()).status == 401
