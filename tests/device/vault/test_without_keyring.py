from __future__ import annotations

import subprocess
import sys
from pathlib import Path

KEPT = """
import sys
from pathlib import Path
from roomdisplay.device.vault.opening import open_vault
state, key = Path(sys.argv[1]), Path(sys.argv[2])
vault = open_vault(state, insecure_key_file=key)
vault.write("token", "secret")
vault.delete("absent")
print(vault.read("token"), "keyring" in sys.modules)
"""


def test_a_sealed_file_of_ours_needs_no_keyring_library(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KEPT, str(tmp_path / "state"), str(tmp_path / "key")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "secret False\n"
