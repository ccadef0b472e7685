"""What holds for every test."""

from __future__ import annotations

import hypothesis

# How long an example takes depends on what else the machine does, and proves nothing.
hypothesis.settings.register_profile("roomdisplay", deadline=None)
hypothesis.settings.load_profile("roomdisplay")
