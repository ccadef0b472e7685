"""Print the Python packages of this environment with their licences."""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, distributions


def licence(package: Distribution) -> str:
    """The licence as the package states it: an SPDX expression, a classifier, or its own words."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [
        value.rpartition("::")[2].strip()
        for value in metadata.get_all("Classifier", [])
        if value.startswith("License ::")
    ]
    words = str(metadata.get("License", "")).strip().splitlines()
    return ", ".join(classifiers) or (words[0] if words else "see its .dist-info folder")


def main() -> None:
    """List what lies inside this environment; packages of the system are not ours to list."""
    lines = sorted(
        f"{package.name} {package.version}: {licence(package)}"
        for package in distributions()
        if str(package.locate_file("")).startswith(sys.prefix) and package.name != "roomdisplay"
    )
    print("Python packages shipped with Room Display. Each keeps its licence text in its")
    print(f".dist-info folder below {sys.prefix}/lib.\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
