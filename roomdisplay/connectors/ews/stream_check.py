"""Whether notifications come through, for the doctor."""

from __future__ import annotations

import requests
from urllib3.exceptions import HTTPError

from roomdisplay.connectors.base import ConnectorError, Diagnosis, PermissionMissingError
from roomdisplay.connectors.ews.errors import explain
from roomdisplay.connectors.ews.network import Network
from roomdisplay.connectors.ews.server import Server
from roomdisplay.connectors.ews.streaming import Stream, Subscribe, Unsubscribe


def require_stream(server: Server, room: str, network: Network) -> None:
    """Open a stream for one room and wait until it says something; in a thread.

    Raises:
        ConnectorError: it does not; also where something between holds streams back.
    """
    seat = server.seat(room)
    names = {"account": server.settings.email, "room": room}
    try:
        id_ = Subscribe(account=seat).id()
        try:
            spoke = next(Stream(account=seat).messages((id_,), 1, network), None)
        finally:
            Unsubscribe(account=seat).id(id_)
    except ConnectorError:
        raise
    except Exception as error:  # noqa: BLE001 - of exchangelib's, by name
        if isinstance(error, requests.RequestException | OSError | HTTPError):
            raise PermissionMissingError(
                "no notification comes through",
                diagnosis=Diagnosis("exchange_no_streaming", names),
            ) from None
        raise explain(error, server.settings, room) from None
    if spoke is None:
        raise PermissionMissingError(
            "the stream of notifications is closed at once",
            diagnosis=Diagnosis("exchange_no_streaming", names),
        )
