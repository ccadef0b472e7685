"""Calendars published as a file on a web server: http, https and webcal addresses."""

from roomdisplay.connectors.ics.connector import FIELDS, connect

__all__ = ["FIELDS", "connect"]
