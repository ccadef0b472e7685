"""What refusals mean, of Microsoft Graph and of the sign-in."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConflictError,
    ConnectorError,
    CredentialsRejectedError,
    CursorExpiredError,
    MalformedAnswerError,
    PermissionMissingError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.graph.reasons import diagnosis_of
from roomdisplay.connectors.graph.refusals import Reply, refused, sign_in_refused

ROOM = "room1@contoso.example"


def reply(status: int, code: str = "", message: str = "", **headers: str) -> Reply:
    body = msgspec.json.encode({"error": {"code": code, "message": message}}) if code else b"<p>"
    return Reply(status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


@pytest.mark.parametrize(
    ("status", "code", "kind", "reason"),
    [
        (401, "InvalidAuthenticationToken", CredentialsRejectedError, "token_refused"),
        (403, "ErrorAccessDenied", PermissionMissingError, "room_out_of_scope"),
        (403, "Authorization_RequestDenied", PermissionMissingError, "room_out_of_scope"),
        (403, "", MalformedAnswerError, "foreign_answer"),
        (404, "ErrorItemNotFound", CalendarGoneError, None),
        (404, "ErrorInvalidUser", CalendarGoneError, "room_unknown"),
        (404, "Request_ResourceNotFound", CalendarGoneError, "room_unknown"),
        (404, "MailboxNotEnabledForRESTAPI", CalendarGoneError, "mailbox_on_premises"),
        (404, "", MalformedAnswerError, "foreign_answer"),
        (409, "ErrorIrresolvableConflict", ConflictError, None),
        (412, "ErrorIrresolvableConflict", ConflictError, None),
        (410, "", CursorExpiredError, None),
        (400, "SyncStateNotFound", CursorExpiredError, None),
        (404, "syncStateInvalid", CursorExpiredError, None),
        (400, "ErrorInvalidRequest", MalformedAnswerError, "refused"),
        (500, "ErrorInternalServerTransientError", UnavailableError, None),
        (503, "ErrorMailboxStoreUnavailable", UnavailableError, None),
        (302, "", MalformedAnswerError, "foreign_answer"),
    ],
)
def test_each_refusal_says_what_to_do_next(
    status: int, code: str, kind: type[ConnectorError], reason: str | None
) -> None:
    error = refused(reply(status, code), ROOM)
    assert type(error) is kind
    found = error.diagnosis.reason if error.diagnosis else None
    assert found == (f"office365_{reason}" if reason else None)


def test_what_is_no_rooms_business_says_so() -> None:
    error = refused(reply(403, "Authorization_RequestDenied"))
    assert error.diagnosis is not None
    assert error.diagnosis.reason == "office365_permission_missing"


def test_an_access_policy_is_told_by_its_words() -> None:
    error = refused(reply(403, "ErrorAccessDenied", "Access to OData is disabled."), ROOM)
    assert error.diagnosis is not None
    assert error.diagnosis.reason == "office365_access_policy"
    assert error.diagnosis.params == {"room": ROOM}


@pytest.mark.parametrize(
    ("status", "after", "pause"),
    [(429, "42", 42), (429, "", 30), (429, "soon", 30), (503, "7", 7), (504, "0", 1)],
)
def test_pauses(status: int, after: str, pause: float) -> None:
    error = refused(reply(status, "TooManyRequests", retry_after=after), ROOM)
    assert isinstance(error, ThrottledError)
    assert error.retry_after == timedelta(seconds=pause)
    assert not error.whole_service
    assert refused(reply(429), "").__dict__["whole_service"]


def test_an_absurd_pause_is_cut() -> None:
    for after in ("99999999", "1e300"):
        error = refused(reply(429, "x", retry_after=after))
        assert isinstance(error, ThrottledError)
        assert error.retry_after == timedelta(hours=1)
    assert reply(429, "x", retry_after="nan").pause is None
    assert reply(429, "x", retry_after="inf").pause is None


def test_details_name_the_request_and_nothing_that_a_stranger_wrote() -> None:
    secret = reply(400, "ErrorX", "Zeppelin meeting", request_id="abc-1")
    assert refused(secret, ROOM).detail.endswith("400 ErrorX (request-id abc-1)")
    odd = reply(400, "<script>", request_id="a b")
    assert refused(odd, ROOM).detail == "Microsoft Graph answered 400"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (7000215, "secret_wrong"),
        (7000222, "secret_expired"),
        (700016, "app_unknown"),
        (7000229, "app_not_consented"),
        (7000112, "app_disabled"),
        (90002, "tenant_unknown"),
        (900023, "tenant_unknown"),
        (700027, "certificate_unknown"),
        (700024, "clock_wrong"),
        (53003, "conditional_access"),
        (900382, "cloud_wrong"),
        (123456, "sign_in_refused"),
    ],
)
def test_each_code_of_the_sign_in_has_its_reason(code: int, reason: str) -> None:
    for said in (
        {"error": "invalid_client", "error_codes": [code]},
        {"error": "invalid_client", "error_description": f"AADSTS{code}: words. Trace ID: 1"},
    ):
        error = sign_in_refused(said, host="login.example", params={"tenant": "t"})
        assert isinstance(error, CredentialsRejectedError)
        assert error.diagnosis is not None
        assert error.diagnosis.reason == f"office365_{reason}"
        assert error.diagnosis.params == {"tenant": "t", "code": f"AADSTS{code}"}
        assert "words" not in error.detail


def test_the_id_of_a_secret_is_told_from_a_wrong_one() -> None:
    said = {"error": "invalid_client", "error_codes": [7000215]}
    error = sign_in_refused(said, host="x", params={}, secret_is_id=True)
    assert error.diagnosis is not None
    assert error.diagnosis.reason == "office365_secret_id"


def test_what_passes_is_no_refusal() -> None:
    for said in ({"error": "temporarily_unavailable"}, {"error": "x", "error_codes": [90033]}):
        assert isinstance(sign_in_refused(said, host="x", params={}), UnavailableError)


def test_what_has_no_reason_of_its_own_has_one_by_its_kind() -> None:
    found = [
        diagnosis_of(one).reason
        for one in (
            UnavailableError("x"),
            ThrottledError("x", timedelta(seconds=1)),
            ConflictError("x"),
        )
    ]
    assert found == ["office365_unreachable", "office365_throttled", "office365_unexpected"]
