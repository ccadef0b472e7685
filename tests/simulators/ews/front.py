"""The HTTP side of the server: paths, signing in, faults to order, streams."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final

from simulators.faults import Fault, Receive, Scope, Send, break_off

from .access import Caller, caller
from .busy import refused
from .schema import check
from .signin import Account, Refused
from .soap import NAMES, Element, EwsError, SoapFault, envelope, fault, local, parse_request

if TYPE_CHECKING:
    from .simulator import EwsSimulator

EWS: Final = "/ews/exchange.asmx"
_POX: Final = "/autodiscover/autodiscover.xml"
_SOAP: Final = "/autodiscover/autodiscover.svc"
_COOKIE: Final = "X-BackEndOverrideCookie"
_LOGON: Final = "/owa/auth/logon.aspx"
_MOST_BYTES: Final = 8 * 1024 * 1024
_PAGE: Final = (
    b"<!DOCTYPE html><html><head><title>Outlook</title></head><body>Sign in</body></html>"
)


class Front:
    """One HTTP request."""

    def __init__(self, server: EwsSimulator, scope: Scope, receive: Receive, send: Send) -> None:
        self.server = server
        self.scope = scope
        self.receive = receive
        self.send = send
        self.lost = False
        """Whether what is done is done, but the answer does not arrive."""
        self.headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }

    async def answer(self) -> None:
        """Answer it."""
        what = f"{self.scope['method']} {self.scope['path']}"
        if await self._met(self.server.faults.take(what)):
            return
        path = self.scope["path"].lower()
        body = await self._body()
        if path == _LOGON:
            await self.reply(200, _PAGE, media_type="text/html; charset=utf-8")
        elif self.server.forms:
            target = f"{_LOGON}?url={self._origin()}{self.scope['path']}&reason=0"
            await self.reply(302, b"", headers=[("location", target)])
        elif self.scope["method"] == "GET" and path == _POX and self._plain_redirect():
            await self.reply(302, b"", headers=[("location", self._plain_redirect())])
        elif path in (EWS, _POX, _SOAP):
            await self._signed_in(path, body)
        else:
            await self.reply(404, b"")

    async def _signed_in(self, path: str, body: bytes) -> None:
        server = self.server
        who = server.sign_in.check(tuple(self.scope["client"]), self.headers.get("authorization"))
        if isinstance(who, Refused):
            offers = [("www-authenticate", one) for one in who.challenges]
            await self.reply(401, b"", headers=offers)
        elif not server.ews_enabled and path == EWS:
            await self.reply(403, b"")
        elif self.scope["method"] != "POST":
            await self.reply(302, b"", headers=[("location", "/EWS/Services.wsdl")])
        elif path == EWS:
            await self._exchange(who, body)
        else:
            await self._discover(path, body)

    async def _discover(self, path: str, body: bytes) -> None:
        known = self.server.autodiscover
        if path == _POX:
            await self.reply(200, known.plain(body, self._origin()))
            return
        try:
            await self.reply(200, known.soap(body, self._origin(), self.server.build))
        except SoapFault as problem:
            await self.reply(500, fault(problem))

    async def _exchange(self, account: Account, body: bytes) -> None:
        server = self.server
        server.traffic.append(body)
        operation = ""
        try:
            root = parse_request(body)
            header = root.find("s:Header", NAMES)
            request = next(one for one in root.iterfind("s:Body/*", NAMES))
            operation = local(request).removesuffix("Request")
            if await self._ordered(operation):
                return
            terms = server.take_terms(header)
            server.require_known(local(request), terms)
            check(root)
            who = caller(server.organisation, server.rights, account, header)
            server.calls.append((operation, who.acting.address))
            if operation == "GetStreamingEvents":
                await self._stream(who, request)
                return
            answer = envelope(server.build, server.carry_out(who, request, terms))
            await self.reply(200, answer, headers=self._affinity(who)[1])
        except SoapFault as problem:
            await self.reply(500, fault(problem))
        except EwsError as problem:
            await self.reply(200, refused(operation, problem, server.build))

    async def _ordered(self, operation: str) -> bool:
        """Whether a fault or a refusal that was ordered has been the answer."""
        if await self._met(self.server.faults.take(operation)):
            return True
        refusal = self.server.busy.take(operation, self.server.build)
        if refusal is not None:
            await self.reply(*refusal)
        return refusal is not None

    async def _stream(self, who: Caller, request: Element) -> None:
        """Send envelopes as they come, until the time is over or the client is gone."""
        backend, cookies = self._affinity(who)
        pieces = self.server.streams.events(who, request, self.server.build, backend)
        gone = asyncio.create_task(self._gone())
        piece: asyncio.Future[bytes] | None = None
        started = False
        try:
            while True:
                piece = asyncio.ensure_future(anext(pieces))
                await asyncio.wait({piece, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not piece.done():
                    return
                try:
                    said = piece.result()
                except StopAsyncIteration:
                    break
                if not started:
                    media_type = ("content-type", "text/xml; charset=utf-8")
                    await self._start(200, [media_type, *cookies])
                    started = True
                self.server.traffic.append(said)
                await self.send({"type": "http.response.body", "body": said, "more_body": True})
            if started:
                await self.send({"type": "http.response.body", "body": b""})
        finally:
            waiting = {one for one in (gone, piece) if one is not None and not one.done()}
            for one in waiting:
                one.cancel()
            if waiting:  # also when the server itself is being stopped
                await asyncio.wait(waiting)
            await pieces.aclose()

    async def _gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def _body(self) -> bytes:
        whole = b""
        while len(whole) <= _MOST_BYTES:
            message = await self.receive()
            whole += message.get("body", b"")
            if not message.get("more_body", False):
                break
        return whole

    def _plain_redirect(self) -> str:
        return self.server.autodiscover.plain_redirect if self.scope["scheme"] == "http" else ""

    def _affinity(self, who: Caller) -> tuple[str, list[tuple[str, str]]]:
        """The back end that a request ends up on, and the cookie that leads there again."""
        streams = self.server.streams
        backend = streams.backend(who.acting)
        if self.headers.get("x-preferserveraffinity", "").lower() != "true":
            return backend, []
        told = re.search(rf"{_COOKIE}=\"?([^;\"]+)", self.headers.get("cookie", ""))
        direct = self.headers.get(_COOKIE.lower())
        backend = direct or (told[1] if told else backend)
        return backend, [("set-cookie", f"{_COOKIE}={backend}; path=/; HttpOnly")]

    def _origin(self) -> str:
        return f"{self.scope['scheme']}://{self.headers.get('host', '127.0.0.1')}"

    async def reply(
        self,
        status: int,
        body: bytes,
        *,
        media_type: str = "text/xml; charset=utf-8",
        headers: list[tuple[str, str]] | None = None,
    ) -> None:
        """Send a whole answer, unless it is to be lost."""
        if self.lost:
            await break_off(self.send)
            return
        self.server.traffic.append(body)
        lines = [("content-type", media_type), ("content-length", str(len(body)))]
        known = {name.lower() for name, _ in headers or []}
        kept = [line for line in lines if line[0] not in known]
        await self._start(status, [*kept, *(headers or [])])
        await self.send({"type": "http.response.body", "body": body})

    async def _start(self, status: int, headers: list[tuple[str, str]]) -> None:
        lines: list[Any] = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": lines})

    async def _met(self, fault: Fault | None) -> bool:
        """Whether a fault that was ordered has been the answer."""
        if fault is None:
            return False
        await asyncio.sleep(fault.delay)
        self.lost = fault.lost
        if fault.drop:
            await break_off(self.send)
        elif fault.status is not None:
            body, media_type = fault.payload()
            headers = [(name.lower(), value) for name, value in fault.headers.items()]
            await self.reply(fault.status, body, media_type=media_type, headers=headers)
        return fault.drop or fault.status is not None
