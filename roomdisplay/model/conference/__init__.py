"""Finding the conference of a meeting and judging its address; pure, offline, in linear time."""

from roomdisplay.model.conference.address import Address, AddressError, Refusal, parse_address
from roomdisplay.model.conference.dial_in import find_dial_in, find_passcode
from roomdisplay.model.conference.finder import (
    Candidate,
    JoinSearch,
    JoinTarget,
    Origin,
    find_join,
    join_service,
    search_join,
)
from roomdisplay.model.conference.opening import browser_url, call_is_over, may_visit
from roomdisplay.model.conference.pages import Kind, Service, Verdict
from roomdisplay.model.conference.services import SERVICES, classify
from roomdisplay.model.conference.wrapped import unwrap
from roomdisplay.model.service_names import service_name

__all__ = [
    "SERVICES",
    "Address",
    "AddressError",
    "Candidate",
    "JoinSearch",
    "JoinTarget",
    "Kind",
    "Origin",
    "Refusal",
    "Service",
    "Verdict",
    "browser_url",
    "call_is_over",
    "classify",
    "find_dial_in",
    "find_join",
    "find_passcode",
    "join_service",
    "may_visit",
    "parse_address",
    "search_join",
    "service_name",
    "unwrap",
]
