"""What a call's browser is told it may do."""

import json

from roomdisplay.device.browser_policy import (
    host_pattern,
    managed_policy,
    media_patterns,
    profile_preferences,
)


def test_a_services_own_hosts_may_use_camera_and_microphone() -> None:
    assert "https://[*.]zoom.us:443" in media_patterns("zoom")
    assert media_patterns("meet") == ("https://meet.google.com:443",)
    assert "https://dialin.teams.microsoft.com:443" not in media_patterns("teams")
    assert media_patterns("newcomer") == ()


def test_a_profile_grants_media_to_the_given_pages_only_and_asks_for_nothing() -> None:
    pattern = host_pattern("meet.google.com")
    profile = json.loads(profile_preferences([pattern]))["profile"]
    defaults = profile["default_content_setting_values"]
    assert set(defaults.values()) == {2}
    assert {"media_stream_camera", "media_stream_mic", "notifications"} <= set(defaults)
    granted = {f"{pattern},*": {"setting": 1}}
    assert profile["content_settings"]["exceptions"] == {
        "media_stream_camera": granted,
        "media_stream_mic": granted,
    }


def test_the_managed_policy_grants_media_by_host_and_leaves_the_display_its_pipe() -> None:
    policy = managed_policy(["zoom", "meet"])
    urls = policy["AudioCaptureAllowedUrls"]
    assert urls == policy["VideoCaptureAllowedUrls"]
    assert isinstance(urls, list)
    assert "https://meet.google.com" in urls
    assert "https://[*.]zoom.us" in urls
    assert not any("teams" in url for url in urls)
    assert policy["AudioCaptureAllowed"] is policy["VideoCaptureAllowed"] is False
    assert policy["DownloadRestrictions"] == 3
    # Both would also cut the DevTools pipe, and no call would ever open.
    assert not {"DeveloperToolsAvailability", "RemoteDebuggingAllowed"} & set(policy)
    json.dumps(policy)
