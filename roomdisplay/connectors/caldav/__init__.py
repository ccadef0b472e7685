"""CalDAV servers (RFC 4791), through a client of ours."""

from roomdisplay.connectors.caldav.connector import FIELDS, connect

__all__ = ["FIELDS", "connect"]
