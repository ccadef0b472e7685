"""A sample building, for the demo, the documentation and tests; never offered as a service."""

from __future__ import annotations

from roomdisplay.connectors.sample.connector import FIELDS, connect

__all__ = ["FIELDS", "connect"]
