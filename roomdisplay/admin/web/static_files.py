"""The style sheet, the script and the icon: three files, kept by browsers until they change."""

from __future__ import annotations

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from roomdisplay.admin.web.rendering import STATIC

_TYPES = {
    "admin.css": "text/css",
    "admin.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


@get("/static/{version:str}/{name:str}", include_in_schema=False)
async def static_file(version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """One of our files; the version in its address changes with its content."""
    del version
    if name not in _TYPES:
        raise NotFoundException
    return Response(
        STATIC.joinpath(name).read_bytes(),
        media_type=_TYPES[name],
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )
