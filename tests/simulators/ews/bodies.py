"""Bodies as text and as HTML."""

from __future__ import annotations

import html
import re

from lxml.html import HtmlElement, document_fromstring


def convert(body: str, kind: str, wanted: str) -> str:
    """A body as text or HTML, roughly as Exchange turns one into the other."""
    if kind == wanted or not body:
        return body
    if wanted == "html":
        lines = "<br>\r\n".join(html.escape(body).splitlines())
        head = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        return f"<html><head>\r\n{head}\r\n</head><body>{lines}</body></html>\r\n"
    tree: HtmlElement = document_fromstring(body)
    for link in tree.iter("a"):
        if link.get("href"):
            link.tail = f"<{link.get('href')}>{link.tail or ''}"
    for block in tree.iter("br", "p", "div", "tr"):
        block.tail = "\r\n" + (block.tail or "")
    words = str(tree.text_content())
    return re.sub(r"(\s*\n){3,}", "\r\n\r\n", words).strip()
