"""The calendar server behind the service, asked for real: is the password right, may it act?"""

from __future__ import annotations

import base64
import ssl
from enum import Enum, auto
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import httpx
import spnego

_TIMEOUT = 10.0
_LONGEST_ANSWER = 1 << 20
_SOAP = """<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"
 xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
<s:Header><t:RequestServerVersion Version="Exchange2013_SP1"/>{impersonation}</s:Header>
<s:Body><m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>
<m:FolderIds><t:DistinguishedFolderId Id="calendar"/></m:FolderIds></m:GetFolder></s:Body>
</s:Envelope>"""
_IMPERSONATION = (
    "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>{address}"
    "</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>"
)


class Proof(Enum):
    """What a try to sign in and to impersonate came to."""

    GOOD = auto()
    WRONG_PASSWORD = auto()
    NOT_ALLOWED = auto()
    """Signed in, but may not act for that mailbox, or there is none."""
    UNREACHABLE = auto()
    """Nobody answers there, or not with Exchange Web Services."""


def endpoint(server: str) -> str | None:
    """The address of Exchange Web Services on a server that was typed; None: no server at all."""
    server = server.strip()
    if "://" not in server:
        server = f"https://{server}"
    try:
        parts = urlsplit(server)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    if not usable or parts.username or parts.query or any(one.isspace() for one in server):
        return None
    path = parts.path if parts.path.strip("/") else "/EWS/Exchange.asmx"
    return f"{parts.scheme}://{parts.netloc}{path}"


class Exchange:
    """Asks one server, with Basic where it offers that, else with NTLM."""

    def __init__(self, url: str, trust: ssl.SSLContext | None) -> None:
        self.url = url
        self._trust = trust

    async def prove(self, username: str, password: str, impersonated: str) -> Proof:
        """Open the calendar of `impersonated` in the name of `username`."""
        body = _SOAP.format(impersonation=_IMPERSONATION.format(address=escape(impersonated)))
        async with httpx.AsyncClient(
            verify=self._trust if self._trust is not None else True,
            timeout=_TIMEOUT,
            trust_env=False,
            limits=httpx.Limits(max_connections=1),
            headers={"Content-Type": "text/xml; charset=utf-8"},
        ) as client:
            try:
                answer = await self._signed_in(client, body, username, password)
            except (httpx.HTTPError, spnego.exceptions.SpnegoError, ValueError):
                return Proof.UNREACHABLE
        return _judged(answer)

    async def _signed_in(
        self, client: httpx.AsyncClient, body: str, username: str, password: str
    ) -> httpx.Response:
        """The answer to the request, after whatever signing in the server asks for."""
        answer = await client.post(self.url, content=body)
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            return answer
        offers = {
            one.strip().split(" ", 1)[0].lower()
            for line in answer.headers.get_list("WWW-Authenticate")
            for one in line.split(",")
        }
        if "basic" in offers:
            return await client.post(
                self.url, content=body, auth=httpx.BasicAuth(username, password)
            )
        if "ntlm" not in offers:
            return answer
        return await self._by_ntlm(client, body, username, password)

    async def _by_ntlm(
        self, client: httpx.AsyncClient, body: str, username: str, password: str
    ) -> httpx.Response:
        """Three messages over one connection, which is what NTLM signs in."""
        context = spnego.client(username, password, protocol="ntlm")
        headers = {"Authorization": _ntlm(context.step())}
        answer = await client.post(self.url, content=b"", headers=headers)
        challenge = next(
            (
                line[5:]
                for line in answer.headers.get_list("WWW-Authenticate")
                if line[:5].lower() == "ntlm "
            ),
            None,
        )
        if challenge is None:
            return answer
        headers = {"Authorization": _ntlm(context.step(base64.b64decode(challenge)))}
        return await client.post(self.url, content=body, headers=headers)


def _ntlm(token: bytes | None) -> str:
    return "NTLM " + base64.b64encode(token or b"").decode()


def _judged(answer: httpx.Response) -> Proof:
    """What an answer proves; anything but a SOAP answer comes from some other server."""
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return Proof.WRONG_PASSWORD
    text = answer.content[:_LONGEST_ANSWER].decode("utf-8", "replace")
    if "Envelope" not in text or "xml" not in answer.headers.get("Content-Type", ""):
        return Proof.UNREACHABLE
    if answer.status_code == httpx.codes.OK and ">NoError<" in text:
        return Proof.GOOD
    return Proof.NOT_ALLOWED
