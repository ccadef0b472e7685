"""The page that stands in for the conference services in the demo.

The sample building's meetings are made up, and their numbers may be those of strangers' meetings:
Join must not lead there. Links that are not the building's own open what they name.
"""

from __future__ import annotations

import asyncio
import contextlib
from html import escape
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from roomdisplay.model.service_names import service_name

_LONGEST_LINE = 8_192
_PATIENCE = 10.0
"""Seconds in which a browser must have sent its request."""
_WORDS = {
    "en": (
        "This is where {service} opens",
        (
            "The sample building's meetings are made up, so the demo opens this page in place of"
            " {service}. A link of your own opens the real thing."
        ),
        "Leave the call",
    ),
    "fr": (
        "Ici s'ouvre {service}",
        (
            "Les réunions du bâtiment témoin sont inventées : la démo ouvre donc cette page à la"
            " place de {service}. Un lien à vous ouvre le vrai service."
        ),
        "Quitter l'appel",
    ),
}
_PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ margin: 0; min-height: 100vh; display: grid; place-content: center; gap: 2rem;
  justify-items: center; text-align: center; padding: 0 10vw; background: #1d2430; color: #f4f1ea;
  font: 1.4rem/1.5 Inter, sans-serif; box-sizing: border-box }}
h1 {{ font-size: 3rem; line-height: 1.2; margin: 0 }} p {{ margin: 0; max-width: 36em }}
a {{ background: #a31621; color: #fff; padding: .7em 1.6em; border-radius: .4em;
  text-decoration: none; font-weight: 600 }}
</style><h1>{title}</h1><p>{words}</p><a href="/left">{leave}</a></html>"""


class CallPage:
    """Serves the page on loopback while the context is open."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._server: asyncio.Server | None = None
        self.origin = ""
        """Where it is served; set when the context opens."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", limit=_LONGEST_LINE)
        self.origin = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                first = (await reader.readline()).decode("ascii").split(" ")
                while (await reader.readline()).strip():
                    pass  # what else the browser says of itself
                content = self.page(first[1] if len(first) > 1 else "/").encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
                    b"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
                    b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)
                )
                await writer.drain()
        writer.close()

    def page(self, path: str) -> str:
        """The page for the service that the path names, as in `/call?service=goto`."""
        asked = parse_qs(urlsplit(path).query).get("service", [""])[0]
        title, words, leave = _WORDS[self._language]
        service = service_name(asked)
        return _PAGE.format(
            language=self._language,
            title=escape(title.format(service=service)),
            words=escape(words.format(service=service)),
            leave=escape(leave),
        )
