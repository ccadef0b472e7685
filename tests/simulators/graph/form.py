"""What is checked in the form that asks for a token."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from urllib.parse import unquote, urlsplit

from simulators.graph.directory import Registration
from simulators.graph.wire import Request

GRAPH_HOSTS = {
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
}


class RefusedError(Exception):
    """The platform's answer to a request it does not like."""

    def __init__(self, status: int, error: str, number: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.error = error
        self.number = number
        self.words = words


def basic(header: str) -> tuple[str, str] | None:
    """The client id and the secret of an Authorization header (RFC 6749, 2.3.1)."""
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return unquote(name), unquote(password)


def check_scope(scope: str, request: Request) -> None:
    """Whether all permissions of a Graph host are asked for.

    Raises:
        RefusedError: 400.
    """
    resource, _, rest = scope.rpartition("/")
    if rest != ".default":
        raise RefusedError(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must"
            " have a scope value with /.default suffixed to the resource identifier.",
        )
    host = urlsplit(resource).hostname
    if host not in GRAPH_HOSTS and host not in (urlsplit(request.origin).hostname, "localhost"):
        raise RefusedError(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {resource} was not found in the tenant named Example.",
        )


def check_secret(application: Registration, given: str, now: datetime) -> None:
    """Whether this is one of the application's secrets.

    Raises:
        RefusedError: 401.
    """
    for secret in application.secrets:
        if hmac.compare_digest(secret.value.encode(), given.encode()):
            if secret.expires <= now:
                raise RefusedError(
                    401,
                    "invalid_client",
                    7000222,
                    "The provided client secret keys for app"
                    f" '{application.client_id}' are expired.",
                )
            return
    raise RefusedError(
        401,
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the"
        " client secret value, not the client secret ID, for a secret added to app"
        f" '{application.client_id}'.",
    )
