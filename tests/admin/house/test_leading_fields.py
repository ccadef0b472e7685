"""What decides to whom a secret is sent never changes without the secret being entered again."""

from __future__ import annotations

import pytest

from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.admin.use_cases.service_form import (
    account_of,
    entered,
    service_fields,
    without_borrowed_secrets,
)

EXCHANGE = {"email": "svc@example.com", "server": "mail.example.com", "password": "one"}
CRONOFY = {
    "client_id": "id",
    "client_secret": "one",
    "data_centre": "own",
    "api_host": "https://api.example.com",
    "app_host": "https://app.example.com",
}
OFFICE = {"tenant": "t", "client_id": "id", "secret": "one"}


@pytest.mark.parametrize(
    ("service", "before", "changes"),
    [
        ("exchange", EXCHANGE, {"server": "evil.example.net"}),
        ("exchange", EXCHANGE, {"email": "svc@evil.example.net", "server": ""}),
        ("exchange", EXCHANGE, {"authority": "-----BEGIN CERTIFICATE-----"}),
        ("cronofy", CRONOFY, {"api_host": "https://evil.example.net"}),
        ("cronofy", CRONOFY, {"data_centre": "us"}),
        ("office365", OFFICE, {"cloud": "own"}),
        ("office365", OFFICE, {"login_host": "https://evil.example.net"}),
    ],
)
def test_a_kept_secret_goes_to_nobody_else(
    service: str, before: dict[str, str], changes: dict[str, str]
) -> None:
    kept = entered(service, before, {})
    secrets = {one.key for one in service_fields(service) if one.secret}
    form = {key: value for key, value in before.items() if key not in secrets} | changes
    now = entered(service, form, kept.secrets)
    if any(one.secret and one.required for one in service_fields(service)):
        with pytest.raises(InvalidInputError) as refused:
            without_borrowed_secrets(service, now, kept, form)
        assert refused.value.fields == dict.fromkeys(secrets, "secret_needed_again")
    else:
        assert without_borrowed_secrets(service, now, kept, form).secrets == {}
    whole = form | {key: value for key, value in before.items() if key in secrets}
    now = entered(service, whole, kept.secrets)
    assert without_borrowed_secrets(service, now, kept, whole) == now


def test_another_password_or_certificate_is_no_other_account() -> None:
    first = entered("office365", OFFICE, {})
    second = entered("office365", OFFICE | {"secret": "two", "certificate": "PEM"}, {})
    assert account_of("office365", first) == account_of("office365", second)
    other = entered("office365", OFFICE | {"tenant": "other"}, {})
    assert account_of("office365", first) != account_of("office365", other)


def test_a_select_has_its_first_option_and_no_other_than_its_own() -> None:
    assert entered("office365", OFFICE, {}).values["cloud"] == "worldwide"
    with pytest.raises(InvalidInputError) as refused:
        entered("office365", OFFICE | {"cloud": "moon"}, {})
    assert refused.value.fields == {"cloud": "option_unknown"}


def test_a_certificate_with_its_key_and_chain_fits() -> None:
    pem = "x" * 20_000
    assert entered("office365", OFFICE | {"certificate": pem}, {}).secrets["certificate"] == pem
    with pytest.raises(InvalidInputError):
        entered("office365", OFFICE | {"tenant": pem}, {})
