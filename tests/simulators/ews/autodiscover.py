"""Autodiscover: where the mailbox of an address is served, as POX and as SOAP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

from lxml import etree

from simulators.organisation import Mailbox, Organisation

from .soap import Build, Element, SoapFault, written

_SOAP: Final = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
_POX_ANSWER: Final = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_POX_OUTLOOK: Final = (
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)
_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass
class Autodiscover:
    """What the service says.

    Attributes:
        ews_url: of all mailboxes; empty: the one that was asked, at the usual place.
        redirect_addresses: mailboxes that have moved, by their address.
        redirect_urls: mailboxes that another autodiscover knows, by their address.
        group: tells a mailbox' GroupingInformation: those of one group can share a connection.
        plain_redirect: where an anonymous GET over plain HTTP leads to; empty: nowhere.
    """

    organisation: Organisation
    ews_url: str = ""
    redirect_addresses: dict[str, str] = field(default_factory=dict)
    redirect_urls: dict[str, str] = field(default_factory=dict)
    group: Callable[[Mailbox], str] = lambda _: "Default-First-Site-Name"
    plain_redirect: str = ""

    def plain(self, raw: bytes, origin: str) -> bytes:
        """The answer of autodiscover.xml."""
        root = _parsed(raw)
        address = "" if root is None else _below(root, "EMailAddress")
        answer = etree.Element(f"{{{_POX_ANSWER}}}Autodiscover", nsmap=_default(_POX_ANSWER))
        mailbox = self.organisation.mailboxes.get(address.lower())
        if mailbox is None and address.lower() not in self.redirect_addresses:
            said = _pox(_pox(answer, "Response", space=_POX_ANSWER), "Error", space=_POX_ANSWER)
            _pox(said, "ErrorCode", "500", space=_POX_ANSWER)
            _pox(said, "Message", "The email address can't be found.", space=_POX_ANSWER)
            return written(answer)
        said = _pox(answer, "Response")
        if mailbox is not None:
            user = _pox(said, "User")
            _pox(user, "DisplayName", mailbox.name)
            _pox(user, "AutoDiscoverSMTPAddress", mailbox.address)
        account = _pox(said, "Account")
        _pox(account, "AccountType", "email")
        moved = self.redirect_addresses.get(address.lower())
        elsewhere = self.redirect_urls.get(address.lower())
        if moved or elsewhere:
            kind = "redirectAddr" if moved else "redirectUrl"
            _pox(account, "Action", kind)
            target = "RedirectAddr" if moved else "RedirectUrl"
            _pox(account, target, moved or elsewhere)
            return written(answer)
        _pox(account, "Action", "settings")
        for kind in ("EXCH", "EXPR"):
            protocol = _pox(account, "Protocol")
            _pox(protocol, "Type", kind)
            _pox(protocol, "EwsUrl", self._url(origin))
        return written(answer)

    def soap(self, raw: bytes, origin: str, build: Build) -> bytes:
        """The answer of autodiscover.svc to GetUserSettings.

        Raises:
            SoapFault: it is another request.
        """
        root = _parsed(raw)
        found = None if root is None else root.find(f".//{{{_SOAP}}}GetUserSettingsRequestMessage")
        if found is None:
            raise SoapFault("ErrorInvalidRequest", "GetUserSettings is expected.")
        users = [one.text or "" for one in found.iter(f"{{{_SOAP}}}Mailbox")]
        wanted = [one.text or "" for one in found.iter(f"{{{_SOAP}}}Setting")]
        space = {"s": _ENVELOPE, "a": _SOAP, "i": _INSTANCE}
        envelope = etree.Element(f"{{{_ENVELOPE}}}Envelope", nsmap=space)
        header = etree.SubElement(envelope, f"{{{_ENVELOPE}}}Header")
        info = _add(header, "ServerVersionInfo")
        _add(info, "MajorVersion", str(build.major))
        _add(info, "MinorVersion", str(build.minor))
        _add(info, "MajorBuildNumber", str(build.build))
        _add(info, "MinorBuildNumber", str(build.revision))
        _add(info, "Version", "Exchange2015")
        body = etree.SubElement(envelope, f"{{{_ENVELOPE}}}Body")
        answer = _add(_add(body, "GetUserSettingsResponseMessage"), "Response")
        _add(answer, "ErrorCode", "NoError")
        _add(answer, "ErrorMessage", "No error.")
        answers = _add(answer, "UserResponses")
        for user in users:
            answers.append(self._user(user, wanted, origin))
        return written(envelope)

    def _user(self, address: str, wanted: list[str], origin: str) -> Element:
        said = etree.Element(f"{{{_SOAP}}}UserResponse", nsmap={"a": _SOAP, "i": _INSTANCE})
        mailbox = self.organisation.mailboxes.get(address.lower())
        moved = self.redirect_addresses.get(address.lower())
        elsewhere = self.redirect_urls.get(address.lower())
        code = "NoError"
        if moved or elsewhere:
            code = "RedirectAddress" if moved else "RedirectUrl"
        elif mailbox is None:
            code = "InvalidUser"
        _add(said, "ErrorCode", code)
        _add(said, "ErrorMessage", "No error." if code == "NoError" else f"{code}: {address}")
        target = _add(said, "RedirectTarget", moved or elsewhere or "")
        if not (moved or elsewhere):
            target.set(f"{{{_INSTANCE}}}nil", "true")
        errors, values = _add(said, "UserSettingErrors"), _add(said, "UserSettings")
        if code != "NoError" or mailbox is None:
            return said
        known = {
            "UserDisplayName": mailbox.name,
            "AutoDiscoverSMTPAddress": mailbox.address,
            "InternalEwsUrl": self._url(origin),
            "ExternalEwsUrl": self._url(origin),
            "EwsSupportedSchemas": "Exchange2007, Exchange2007_SP1, Exchange2010, "
            "Exchange2010_SP1, Exchange2010_SP2, Exchange2013, Exchange2013_SP1, Exchange2015, "
            "Exchange2016",
            "GroupingInformation": self.group(mailbox),
        }
        for name in wanted:
            if name in known:
                setting = _add(values, "UserSetting")
                setting.set(f"{{{_INSTANCE}}}type", "a:StringSetting")
                _add(setting, "Name", name)
                _add(setting, "Value", known[name])
                continue
            problem = _add(errors, "UserSettingError")
            _add(problem, "ErrorCode", "SettingIsNotAvailable")
            _add(problem, "ErrorMessage", "The requested setting is not available.")
            _add(problem, "SettingName", name)
        return said

    def _url(self, origin: str) -> str:
        return self.ews_url or f"{origin}/EWS/Exchange.asmx"


def _parsed(raw: bytes) -> Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(raw, parser)
    except etree.XMLSyntaxError:
        return None


def _below(root: Element, name: str) -> str:
    for one in root.iter("{*}" + name):
        return (one.text or "").strip()
    return ""


def _pox(
    parent: Element, tag: str, text: str | None = None, *, space: str = _POX_OUTLOOK
) -> Element:
    made = etree.SubElement(parent, f"{{{space}}}{tag}", nsmap=_default(space))
    made.text = text
    return made


def _default(space: str) -> dict[str, str]:
    """A default namespace, which lxml calls None and its stubs do not know."""
    return cast("dict[str, str]", {None: space})


def _add(parent: Element, tag: str, text: str | None = None) -> Element:
    made = etree.SubElement(parent, f"{{{_SOAP}}}{tag}")
    made.text = text
    return made
