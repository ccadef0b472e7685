"""The identity platform: metadata, and tokens for client credentials."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from simulators.graph.access_token import public_key, signed
from simulators.graph.assertion import AssertionRefusedError, check_assertion
from simulators.graph.directory import Registration, Tenant
from simulators.graph.form import RefusedError, basic, check_scope, check_secret
from simulators.graph.wire import Request, Response

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Grant:
    """A token that was given out."""

    client_id: str
    roles: frozenset[str]
    expires: datetime


class SignIn:
    """The token endpoint; `clock` tells the platform's time, which clients' clocks must match."""

    def __init__(self, tenant: Tenant, clock: Callable[[], datetime]) -> None:
        self.tenant = tenant
        self.clock = clock
        self.token_lifetime = timedelta(seconds=3599)
        self.requests = 0
        """For tokens, so that tests can tell whether one was kept."""
        self._grants: dict[str, Grant] = {}
        self._used: set[str] = set()

    def revoke(self) -> None:
        """Let all tokens end now."""
        self._grants.clear()

    def grant_of(self, token: str) -> Grant | None:
        """The grant of a token that holds still."""
        grant = self._grants.get(token)
        return grant if grant is not None and self.clock() < grant.expires else None

    def answer(self, request: Request) -> Response | None:
        """Answer what belongs to the platform; None: something else does."""
        parts = request.parts()
        try:
            if parts[1:] == ["discovery", "instance"]:
                return self._instance(request)
            if parts[1:] == ["v2.0", ".well-known", "openid-configuration"]:
                return Response(payload=self._metadata(request, parts[0]))
            if parts[1:] == ["discovery", "v2.0", "keys"]:
                return Response(payload={"keys": [public_key()]})
            if parts[1:] == ["oauth2", "v2.0", "token"] and request.method == "POST":
                return self._token(request, parts[0])
        except RefusedError as refused:
            return self._refusal(refused, request)
        return None

    def _instance(self, request: Request) -> Response:
        asked = urlsplit(request.query.get("authorization_endpoint", ""))
        tenant = asked.path.strip("/").split("/")[0]
        where = f"{request.origin}/{tenant}/v2.0/.well-known/openid-configuration"
        host = urlsplit(request.origin).netloc
        known = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        return Response(
            payload={
                "tenant_discovery_endpoint": where,
                "api-version": "1.1",
                "metadata": [known],
            }
        )

    def _metadata(self, request: Request, tenant: str) -> dict[str, Any]:
        self._require_tenant(tenant)
        base = f"{request.origin}/{self.tenant.id}"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "tenant_region_scope": "EU",
            "cloud_instance_name": urlsplit(request.origin).netloc,
            "msgraph_host": urlsplit(request.origin).netloc,
        }

    def _require_tenant(self, tenant: str) -> None:
        if not self.tenant.known_as(tenant):
            raise RefusedError(
                400,
                "invalid_request",
                90002,
                f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID"
                " and are signing into the correct cloud.",
            )

    def _token(self, request: Request, tenant: str) -> Response:
        self.requests += 1
        self._require_tenant(tenant)
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        given = basic(request.headers.get("authorization", ""))
        if given is not None:
            form = {"client_id": given[0], "client_secret": given[1], **form}
        for name in ("grant_type", "client_id", "scope"):
            if not form.get(name):
                raise RefusedError(
                    400,
                    "invalid_request",
                    900144,
                    f"The request body must contain the following parameter: '{name}'.",
                )
        if form["grant_type"] != "client_credentials":
            words = "The app requested an unsupported grant type."
            raise RefusedError(400, "unsupported_grant_type", 70003, words)
        application = self._application(form["client_id"])
        check_scope(form["scope"], request)
        self._check_proof(application, form, request, tenant)
        if application.blocked:
            words = "Access has been blocked by Conditional Access policies."
            raise RefusedError(400, "invalid_grant", 53003, words)
        return self._issue(application, request)

    def _application(self, client_id: str) -> Registration:
        application = self.tenant.applications.get(client_id)
        if application is None:
            raise RefusedError(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{client_id}' was not found in the directory"
                " 'Example'. This can happen if the application has not been installed by the"
                " administrator of the tenant or consented to by any user in the tenant.",
            )
        return application

    def _check_proof(
        self, application: Registration, form: dict[str, str], request: Request, tenant: str
    ) -> None:
        if "client_assertion" in form and form.get("client_assertion_type") == ASSERTION_TYPE:
            bases = [f"{request.origin}/{name}" for name in (tenant, self.tenant.id)]
            audiences = [base + end for base in bases for end in ("/oauth2/v2.0/token", "/v2.0")]
            try:
                check_assertion(
                    form["client_assertion"],
                    client_id=application.client_id,
                    audiences=audiences,
                    certificates=application.certificates,
                    now=self.clock(),
                    first_time=self._first_time,
                )
            except AssertionRefusedError as refused:
                error = "invalid_client"
                raise RefusedError(401, error, refused.number, refused.words) from None
        elif "client_secret" in form:
            check_secret(application, form["client_secret"], self.clock())
        else:
            raise RefusedError(
                401,
                "invalid_client",
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or"
                " 'client_secret'.",
            )

    def _first_time(self, jti: str) -> bool:
        new = jti not in self._used
        self._used.add(jti)
        return new

    def _issue(self, application: Registration, request: Request) -> Response:
        now = self.clock()
        claims: dict[str, Any] = {
            "aud": "https://graph.microsoft.com",
            "iss": f"https://sts.windows.net/{self.tenant.id}/",
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + self.token_lifetime).timestamp()),
            "app_displayname": application.name,
            "appid": application.client_id,
            "idtyp": "app",
            "oid": application.object_id,
            "tid": self.tenant.id,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
        }
        if application.roles:
            claims["roles"] = sorted(application.roles)
        token = signed(claims)
        self._grants[token] = Grant(
            application.client_id, frozenset(application.roles), now + self.token_lifetime
        )
        seconds = int(self.token_lifetime.total_seconds())
        payload = {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": token,
        }
        headers = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}
        return Response(headers=headers | _echo(request), payload=payload)

    def _refusal(self, refused: RefusedError, request: Request) -> Response:
        now = self.clock()
        trace = str(uuid.uuid4())
        correlation = request.headers.get("client-request-id", str(uuid.uuid4()))
        words = (
            f"AADSTS{refused.number}: {refused.words} Trace ID: {trace} Correlation ID:"
            f" {correlation} Timestamp: {now:%Y-%m-%d %H:%M:%SZ}"
        )
        payload = {
            "error": refused.error,
            "error_description": words,
            "error_codes": [refused.number],
            "timestamp": f"{now:%Y-%m-%d %H:%M:%SZ}",
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={refused.number}",
        }
        return Response(status=refused.status, headers=_echo(request), payload=payload)


def _echo(request: Request) -> dict[str, str]:
    found = request.headers.get("client-request-id")
    return {"x-ms-request-id": str(uuid.uuid4())} | ({"client-request-id": found} if found else {})
