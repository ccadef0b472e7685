"""What a call's browser may do: the preferences of its fresh profile, and the managed policy.

The preferences come with every call and need no rights: camera and microphone for the conference's
hosts alone, everything else refused without asking. The managed policy is the second lock, which
the people at the screen cannot open; Chromium reads it from a directory that belongs to root, so
only a package or an administrator can put it there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from roomdisplay.model.conference import SERVICES

_ALLOW, _BLOCK = 1, 2
"""Chromium's ContentSetting values."""

_MEDIA = ("media_stream_camera", "media_stream_mic")
_REFUSED = (
    *("automatic_downloads", "bluetooth_scanning", "clipboard", "file_system_write_guard"),
    *("geolocation", "hid_guard", "idle_detection", "local_fonts", "midi_sysex", "notifications"),
    *("payment_handler", "popups", "sensors", "serial_guard", "usb_guard", "window_placement"),
)
_SCHEMES = ("zoommtg", "zoomus", "msteams", "ms-teams", "webex", "wbx", "gotomeeting", "callto")


def host_pattern(host: str, *, below: bool = False, scheme: str = "https", port: int = 443) -> str:
    """A pattern of Chromium's content settings for a host, and those below it if `below`."""
    return f"{scheme}://{'[*.]' if below else ''}{host}:{port}"


def media_patterns(service: str) -> tuple[str, ...]:
    """The patterns of the hosts on which a service's calls use camera and microphone."""
    known = SERVICES.get(service)
    hosts = known.media_hosts if known else ()
    return tuple(host_pattern(host, below=below) for host, below in hosts)


def profile_preferences(media: Iterable[str]) -> str:
    """The `Preferences` file of a call's profile, as JSON.

    Args:
        media: patterns (`host_pattern`) of the pages that may use camera and microphone.
    """
    granted = {f"{pattern},*": {"setting": _ALLOW} for pattern in media}
    preferences: dict[str, Any] = {
        "profile": {
            "default_content_setting_values": dict.fromkeys((*_MEDIA, *_REFUSED), _BLOCK),
            "content_settings": {"exceptions": dict.fromkeys(_MEDIA, granted)},
            "exit_type": "Normal",
            "password_manager_enabled": False,
        },
        "protocol_handler": {"excluded_schemes": dict.fromkeys(_SCHEMES, True)},
        "credentials_enable_service": False,
        "autofill": {"credit_card_enabled": False, "profile_enabled": False},
        "signin": {"allowed": False},
        "translate": {"enabled": False},
        "browser": {"has_seen_welcome_page": True},
        "search": {"suggest_enabled": False},
    }
    return json.dumps(preferences)


def managed_policy(services: Iterable[str] = SERVICES) -> dict[str, object]:
    """The managed policy for a device that only joins calls of these services.

    For `/etc/chromium/policies/managed/roomdisplay.json`. It holds for every Chromium of the
    device, which is right for an appliance and wrong for somebody's desktop.

    `DeveloperToolsAvailability` and `RemoteDebuggingAllowed` must not be set: they would also cut
    the display off from its call, which then never opens.
    """
    known = [SERVICES[key] for key in services if key in SERVICES]
    media = [
        f"https://{'[*.]' if below else ''}{host}"
        for service in known
        for host, below in service.media_hosts
    ]
    return {
        "AudioCaptureAllowed": False,
        "AudioCaptureAllowedUrls": media,
        "VideoCaptureAllowed": False,
        "VideoCaptureAllowedUrls": media,
        "ScreenCaptureAllowed": False,
        # Not "*": a service's page tries its own program's scheme first (`zoommtg:`), and where
        # that is on the list Chromium puts an error page in the place of the call. The profile
        # refuses those schemes without a word. Foreign hosts are refused by the display.
        "URLBlocklist": ["file://*", "chrome://*", "devtools://*", "view-source:*"],
        "DownloadRestrictions": 3,
        "AllowFileSelectionDialogs": False,
        "PrintingEnabled": False,
        "FullscreenAllowed": False,
        "BrowserSignin": 0,
        "SyncDisabled": True,
        "PasswordManagerEnabled": False,
        "AutofillAddressEnabled": False,
        "AutofillCreditCardEnabled": False,
        "DefaultNotificationsSetting": _BLOCK,
        "DefaultGeolocationSetting": _BLOCK,
        "DefaultPopupsSetting": _BLOCK,
        "ExtensionInstallBlocklist": ["*"],
        "MetricsReportingEnabled": False,
        "TranslateEnabled": False,
        "BackgroundModeEnabled": False,
        "BrowserAddPersonEnabled": False,
        "IncognitoModeAvailability": 1,
    }
