"""Print the managed policy under which the appliance's Chromium opens calls and nothing else."""

from __future__ import annotations

import json

from roomdisplay.device.browser_policy import managed_policy

if __name__ == "__main__":
    print(json.dumps(managed_policy(), indent=2))
