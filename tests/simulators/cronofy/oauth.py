"""The token endpoint and its counterpart that revokes."""

from __future__ import annotations

from collections.abc import Callable

from simulators.cronofy.accounts import Account
from simulators.cronofy.application import Application
from simulators.cronofy.calls import Answer, Call, RefusedError
from simulators.cronofy.grants import Grant, Grants, Pair


class OAuth:
    """Hands out tokens, with the error codes of RFC 6749, section 5.2."""

    def __init__(
        self,
        application: Application,
        grants: Grants,
        revoked: Callable[[Grant], None],
        *,
        data_centre: str,
    ) -> None:
        self._application = application
        self._grants = grants
        self._revoked = revoked
        self._data_centre = data_centre

    def token(self, call: Call) -> Answer:
        """POST /oauth/token."""
        fields = call.fields()
        self._let_in(call)
        match fields.get("grant_type"):
            case "authorization_code":
                pair = self._grants.redeem(fields.get("code"), fields.get("redirect_uri"))
            case "refresh_token":
                pair = self._grants.refresh(fields.get("refresh_token"))
            case None:
                raise _error("invalid_request")
            case _:
                raise _error("unsupported_grant_type")
        if pair is None:
            raise _error("invalid_grant")
        return Answer(json=self._described(pair), headers={"Cache-Control": "no-store"})

    def revoke(self, call: Call) -> Answer:
        """POST /oauth/token/revoke; an unknown token is as good as revoked (RFC 7009)."""
        fields = call.fields()
        self._let_in(call)
        grant = self._grants.revoke(fields.get("token"))
        if grant is not None:
            self._revoked(grant)
        return Answer()

    def _let_in(self, call: Call) -> None:
        fields = call.fields()
        known = self._application.data_centre == self._data_centre
        secret = fields.get("client_secret")
        if not known or not self._application.is_let_in(fields.get("client_id"), secret):
            raise _error("invalid_client")

    def _described(self, pair: Pair) -> dict[str, object]:
        subject = pair.grant.subject
        described: dict[str, object] = {
            "token_type": "bearer",
            "access_token": pair.access,
            "expires_in": int(self._grants.life.total_seconds()),
            "refresh_token": pair.refresh,
            "scope": " ".join(sorted(pair.grant.scope)),
            "sub": subject.id,
        }
        if isinstance(subject, Account):
            described["account_id"] = subject.id
            described["linking_profile"] = {
                "provider_name": subject.service_account.provider,
                "profile_id": subject.profile_id,
                "profile_name": subject.email,
            }
        else:
            described["service_account"] = {
                "provider_name": subject.provider,
                "domain": subject.domain,
            }
        return described


def _error(code: str) -> RefusedError:
    return RefusedError(400, {"error": code}, {"Cache-Control": "no-store"})
