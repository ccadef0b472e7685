"""No text of the screen is without its French, and what is compiled is what is written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

UI = Path(__file__).parents[2] / "roomdisplay" / "ui"
I18N = UI / "i18n"


def tool(name: str) -> str:
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    found = beside or shutil.which(name)
    assert found is not None, f"{name} is not installed"
    return found


def messages(path: Path) -> dict[tuple[str, str], ET.Element]:
    return {
        (context.findtext("name", ""), message.findtext("source", "")): message
        for context in ET.parse(path).getroot().iter("context")
        for message in context.iter("message")
    }


def test_french_has_every_text_of_the_code(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh_fr.ts"
    sources = [str(path) for path in [*UI.glob("*.py"), *UI.glob("viewmodels/*.py")]]
    alias = ["-tr-function-alias", "QT_TRANSLATE_NOOP+=marked"]
    subprocess.run(
        [tool("pyside6-lupdate"), "-silent", *alias, *sources, "-ts", str(fresh)], check=True
    )
    written = messages(I18N / "roomdisplay_fr.ts")
    assert messages(fresh).keys() == written.keys()
    for (_, source), message in written.items():
        translation = message.find("translation")
        assert translation is not None
        assert translation.get("type") is None, source
        forms = [form.text or "" for form in translation.findall("numerusform") or [translation]]
        for form in forms:
            assert form.strip(), source
            assert form.count("{") == source.count("{"), source
            assert ("%n" in form) == ("%n" in source), source


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_compiled_translation_is_up_to_date(language: str, tmp_path: Path) -> None:
    name, made = f"roomdisplay_{language}", tmp_path / "made.qm"
    subprocess.run(
        [tool("pyside6-lrelease"), "-silent", str(I18N / f"{name}.ts"), "-qm", str(made)],
        check=True,
    )
    assert made.read_bytes() == (I18N / f"{name}.qm").read_bytes(), "run scripts/translations"
