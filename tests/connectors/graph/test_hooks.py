"""What is posted to a hook, and what of it is believed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.connectors.base import ConnectionSettings
from roomdisplay.connectors.graph import answer_hook
from roomdisplay.connectors.push import Hook, HookAnswer, HookRequest, SignalKind

HOOK = Hook(url="https://ac.example/hooks/x", secret="s3cret-ü")


def posted(body: object = None, *, raw: bytes | None = None, **query: str) -> HookAnswer:
    content = raw if raw is not None else msgspec.json.encode(body)
    request = HookRequest(method="POST", query=query, headers={}, body=content)
    return answer_hook(request, HOOK, ConnectionSettings())


def notice(**fields: Any) -> dict[str, Any]:
    return {
        "subscriptionId": "1",
        "clientState": HOOK.secret,
        "changeType": "updated",
        "resource": "users/1/events/2",
        **fields,
    }


def kinds(answer: HookAnswer) -> list[SignalKind]:
    return [one.kind for one in answer.signals]


@pytest.mark.parametrize("token", ["Validation: Testing 1&2 <b>ü</b>", "", "\ud800"])
def test_the_token_is_sent_back_as_plain_text(token: str) -> None:
    answer = posted(raw=b"", validationToken=token)
    assert (answer.status, answer.content_type) == (200, "text/plain")
    assert answer.body == token.encode("utf-8", "replace")
    assert answer.signals == ()


def test_an_endless_token_is_not() -> None:
    assert posted(raw=b"", validationToken="x" * 5000).status == 400


def test_many_notices_make_one_signal() -> None:
    answer = posted({"value": [notice(), notice(changeType="deleted"), notice()]})
    assert (answer.status, kinds(answer)) == (202, [SignalKind.CHANGED])


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("reauthorizationRequired", SignalKind.RENEW),
        ("subscriptionRemoved", SignalKind.LOST),
        ("missed", SignalKind.CHANGED),
        ("somethingNew", SignalKind.CHANGED),
    ],
)
def test_the_life_cycle(event: str, kind: SignalKind) -> None:
    assert kinds(posted({"value": [notice(lifecycleEvent=event)]})) == [kind]


@pytest.mark.parametrize("state", [None, "", "S3CRET-ü", "s3cret", "s3cret-ü ", 7])
def test_without_the_secret_nothing_is_believed(state: object) -> None:
    answer = posted({"value": [notice(clientState=state)]})
    assert answer.signals == ()
    assert answer.status in {202, 400}


def test_an_empty_secret_opens_nothing() -> None:
    request = HookRequest(
        method="POST", query={}, headers={}, body=b'{"value":[{"clientState":""}]}'
    )
    hook = Hook(url=HOOK.url, secret="")
    assert answer_hook(request, hook, ConnectionSettings()).signals == ()


def test_forged_notices_beside_a_real_one_add_nothing() -> None:
    forged = notice(clientState="x", lifecycleEvent="subscriptionRemoved")
    assert kinds(posted({"value": [forged, notice()]})) == [SignalKind.CHANGED]


def test_other_methods_are_refused() -> None:
    request = HookRequest(method="GET", query={"validationToken": "x"}, headers={}, body=b"")
    assert answer_hook(request, HOOK, ConnectionSettings()).status == 405


@given(st.binary(max_size=200))
def test_no_body_breaks_it(body: bytes) -> None:
    assert posted(raw=body).signals == ()
