"""Finding addresses in the texts of an invitation, in time linear in their length.

Whoever can mail a room chooses these texts, so there is no regular expression here and no HTML
parser that goes back: each scanner only moves forward.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from roomdisplay.model.conference.address import LENGTH_LIMIT

TEXT_LIMIT = 256 * 1024
"""Characters of a text that are looked at."""
LINK_LIMIT = 200
"""Different links of one text that are looked at."""

_SCHEMES = ("https", "http", "zoommtg", "zoomus")
_LONGEST_SCHEME = max(map(len, _SCHEMES))
_ENDS = frozenset("<>\\]|`") | frozenset(chr(code) for code in range(0x21))
_TRAILING = ".,;:!?'*"
_CLOSING = {")": "(", "}": "{"}
_OPENING = "([{<\"'"
_BLOCKS = frozenset(
    [
        *("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "header"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table"),
        *("tbody", "td", "th", "thead", "title", "tr", "ul"),
    ]
)
_LINK_TAGS = frozenset({"a", "area"})
_SILENT = frozenset({"script", "style", "template"})


def links_in_text(text: str) -> Iterator[str]:
    """The addresses in a plain text, first those written in full, then bare ones (`host/path`)."""
    text = text[:TEXT_LIMIT]
    found = 0
    for link in _full(text):
        yield link
        found += 1
        if found >= LINK_LIMIT:
            return
    for link in _bare(text):
        yield link
        found += 1
        if found >= LINK_LIMIT:
            return


def _full(text: str) -> Iterator[str]:
    position = 0
    while (mark := text.find("://", position)) >= 0:
        scheme = _scheme_before(text, mark)
        end = _end_of_link(text, mark + 3)
        if scheme:
            yield _trimmed(text[mark - len(scheme) : end])
        position = end


def _scheme_before(text: str, mark: int) -> str:
    """The known scheme that ends at `mark`, or nothing."""
    window = text[max(0, mark - _LONGEST_SCHEME) : mark].lower()
    for scheme in _SCHEMES:
        if window.endswith(scheme):
            return text[mark - len(scheme) : mark]
    return ""


def _end_of_link(text: str, start: int) -> int:
    """The index after the link that has its host at `start`.

    A quotation mark ends it, but for the JSON that some Teams links carry undecoded. A letter that
    is not ASCII ends it once the host is over; within the host it stays, so that a look-alike is
    seen and refused for what it is.
    """
    depth = 0
    in_host = True
    limit = min(len(text), start + LENGTH_LIMIT + 1)
    for index in range(start, limit):
        letter = text[index]
        if letter in _ENDS or letter.isspace():
            return index
        if letter in "/?#":
            in_host = False
        elif letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
        elif (letter == '"' and depth <= 0) or (not in_host and not letter.isascii()):
            return index
    return limit


def _trimmed(link: str) -> str:
    """The link without the sentence's punctuation and brackets that were opened outside of it."""
    surplus = {close: link.count(close) - link.count(mark) for close, mark in _CLOSING.items()}
    end = len(link)
    while end:
        last = link[end - 1]
        if last in _TRAILING:
            end -= 1
        elif surplus.get(last, 0) > 0:
            surplus[last] -= 1
            end -= 1
        else:
            break
    return link[:end]


def _bare(text: str) -> Iterator[str]:
    """Words such as `meet.google.com/abc-defg-hij`: a host with a dot, a slash, nothing before."""
    for word in text.split():
        host, slash, path = word.lstrip(_OPENING).partition("/")
        if slash and path and "." in host and ":" not in host and len(word) <= LENGTH_LIMIT:
            link = f"https://{host}/{path}"
            yield _trimmed(link[: _end_of_link(link, len("https://"))])


def links_in_html(source: str) -> tuple[list[str], str]:
    """The link targets of an HTML text, and its words as plain text.

    The words matter too: many programs write an address without making it a link.
    """
    links: dict[str, None] = {}
    words: list[str] = []
    source = source[:TEXT_LIMIT]
    position = 0
    while position < len(source):
        start = source.find("<", position)
        if start < 0:
            words.append(_unescaped(source[position:]))
            break
        words.append(_unescaped(source[position:start]))
        if source.startswith("<!--", start):
            close = source.find("-->", start + 4)
            position = close + 3 if close >= 0 else len(source)
            continue
        tag, attributes, position = _tag(source, start)
        if tag in _SILENT:
            close = _end_of_silent(source, tag, position)
            position = close if close >= 0 else len(source)
        if tag.removeprefix("/") in _BLOCKS:
            words.append("\n")
        if tag in _LINK_TAGS and len(links) < LINK_LIMIT:
            # Outlook keeps the unwrapped address beside the wrapped one.
            links.update(dict.fromkeys(attributes.values()))
    return list(links), "".join(words)


def _end_of_silent(source: str, tag: str, position: int) -> int:
    """The start of the closing tag; browsers ignore its case, writers use one of two."""
    ends = (source.find(f"</{name}", position) for name in (tag, tag.upper()))
    return min((end for end in ends if end >= 0), default=-1)


def _tag(source: str, start: int) -> tuple[str, dict[str, str], int]:
    """The tag that opens at `start`: its name ("/p" for an end), its attributes, the index after.

    What is no tag (`a < b`) has no name. A tag that never closes ends the text, as in browsers.
    """
    index = start + 1
    if not source[index : index + 1].isalpha() and source[index : index + 1] not in {"/", "!", "?"}:
        return "", {}, index
    quick = _quick_tag(source, index)
    if quick is not None:
        return quick
    end = index
    while end < len(source) and not source[end].isspace() and source[end] != ">":
        end += 1
    name = source[index:end].lower().rstrip("/") if end - index < 32 else ""  # noqa: PLR2004 -- no tag's name is longer
    attributes: dict[str, str] = {}
    while end < len(source) and source[end] != ">":
        if source[end].isspace() or source[end] == "/":
            end += 1
            continue
        key, value, end = _attribute(source, end)
        if key in {"href", "originalsrc"}:
            attributes.setdefault(key, _target(value))
    return name, attributes, end + 1


def _quick_tag(source: str, index: int) -> tuple[str, dict[str, str], int] | None:
    """`_tag` for the many tags that are no links and hide no bracket in a quoted value."""
    end = source.find(">", index)
    inside = source[index : max(end, index)]
    if end < 0 or "'" in inside or inside.count('"') % 2:
        return None
    name = (inside.split(maxsplit=1) or [""])[0].lower().rstrip("/")
    return None if name in _LINK_TAGS else (name, {}, end + 1)


def _attribute(source: str, start: int) -> tuple[str, str, int]:
    """One attribute: its name in lower case, its raw value, the index after it."""
    end = start + 1
    while end < len(source) and not source[end].isspace() and source[end] not in "=>/":
        end += 1
    name = source[start:end].lower()
    value_at = _skip_space(source, end)
    if source[value_at : value_at + 1] != "=":
        return name, "", end
    value_at = _skip_space(source, value_at + 1)
    quote = source[value_at : value_at + 1]
    if quote in {'"', "'"}:
        close = source.find(quote, value_at + 1)
        close = close if close >= 0 else len(source)
        return name, source[value_at + 1 : close], close + 1
    end = value_at
    while end < len(source) and not source[end].isspace() and source[end] != ">":
        end += 1
    return name, source[value_at:end], end


def _skip_space(source: str, index: int) -> int:
    while index < len(source) and source[index].isspace():
        index += 1
    return index


def _target(value: str) -> str:
    """A link's target as a browser takes it: entities resolved, line breaks and tabs dropped."""
    plain = _unescaped(value[: 2 * LENGTH_LIMIT]).strip()
    return plain.replace("\t", "").replace("\r", "").replace("\n", "")


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:
        # A numeric entity of thousands of digits: nobody means it.
        return text
