"""No words are missing in either language, wherever they are asked for."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from roomdisplay.admin.web.i18n import LANGUAGES, catalogue, preferred_language
from roomdisplay.connectors.registry import SERVICES, fields
from roomdisplay.model.roomstate import StateKind

ADMIN = Path(str(resources.files("roomdisplay.admin")))
PYTHON = [ast.parse(path.read_text()) for path in ADMIN.rglob("*.py")]
TEMPLATES = {path.name: path.read_text() for path in (ADMIN / "web" / "templates").iterdir()}
EN, FR = catalogue("en"), catalogue("fr")


def calls(*names: str) -> list[ast.Call]:
    return [
        node
        for tree in PYTHON
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names
    ]


def literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def forms(words: object) -> list[str]:
    return list(words.values()) if isinstance(words, dict) else [str(words)]


def parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_parameters() -> None:
    assert EN.words.keys() == FR.words.keys()
    for key, words in EN.words.items():
        english = set().union(*map(parameters, forms(words))) - {"n"}
        french = set().union(*map(parameters, forms(FR.words[key]))) - {"n"}
        assert english == french, key
        assert all(text.strip() for text in forms(words) + forms(FR.words[key])), key


def test_every_key_that_a_template_names_exists() -> None:
    named = {
        key for text in TEMPLATES.values() for key in re.findall(r"""\bt\(["']([\w.]+)["']""", text)
    }
    assert len(named) > 100
    assert {key for key in named if not key.endswith((".", "_")) and not EN.has(key)} == set()


def test_every_key_that_the_pages_name_exists() -> None:
    named = {
        key
        for tree in PYTHON
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") == "t" or getattr(node.func, "attr", "") == "t")
        and node.args
        and (key := literal(node.args[0]))
    }
    assert len(named) > 20
    assert {key for key in named if not EN.has(key)} == set()


def test_every_error_that_a_use_case_raises_has_words() -> None:
    kinds = (
        "NotFound",
        "Refused",
        "Forbidden",
        "ConfirmationNeeded",
        "SignInFailed",
        "TooManyTries",
    )
    named = {
        key
        for call in calls(*(kind + "Error" for kind in kinds), "ServiceError")
        if call.args and (key := literal(call.args[0]))
    }
    for call in calls("InvalidInputError"):
        if isinstance(call.args[0], ast.Dict):
            named |= {key for value in call.args[0].values if (key := literal(value))}
    named |= {key for tree in PYTHON for key in _wrong_fields(tree)}
    assert len(named) > 30
    assert {key for key in named if not EN.has(f"error.{key}")} == set()


def _wrong_fields(tree: ast.Module) -> set[str]:
    """Keys put as `wrong[field] = "key"` or `fields[field] = "key"`."""
    return {
        key
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Subscript)
        and getattr(node.targets[0].value, "id", "") in {"wrong", "fields"}
        and (key := literal(node.value))
    }


def test_every_action_of_the_audit_log_has_words() -> None:
    named = {
        key
        for call in calls("record", "_record")
        for argument in call.args
        if (key := literal(argument)) and "." in key
    }
    assert len(named) > 20
    assert {key for key in named if not EN.has(f"act.{key}")} == set()


def test_every_state_and_every_field_of_an_offered_service_has_words() -> None:
    assert all(EN.has(f"state.{kind.value}") for kind in StateKind)
    for service in SERVICES.values():
        assert EN.has(f"services.tab_{service.key}")
        if service.offered:
            assert EN.has(f"services.words_{service.key}")
            assert all(EN.has(f"field.{one.key}") for one in fields(service.key))


def test_the_glossary_stands_as_it_was_agreed() -> None:
    agreed = {
        "admin_center": ("Admin Center", "Centre d'administration"),
        "menu.admin_settings": ("Admin settings", "Paramètres administrateur"),
        "menu.room_displays": ("Room displays", "Écrans de salle"),
        "rooms.title": ("Manage Rooms", "Gérer les salles"),
        "rooms.add_calendar": ("Add a calendar", "Ajouter un calendrier"),
        "choose.apply": ("Apply", "Appliquer"),
        "services.connect": ("Connect", "Connexion"),
        "services.open_rooms": ("Open Manage Rooms", "Ouvrir la gestion des salles"),
        "said.connected": (
            "Your service is now connected.",
            "Votre service est maintenant connecté.",
        ),
        "email": ("Email address", "Adresse e-mail"),
        "password": ("Password", "Mot de passe"),
    }
    for key, words in agreed.items():
        assert (EN(key), FR(key)) == words


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("de, en;q=0.2, fr;q=0.7", "fr"),
        ("de", "en"),
        ("", "en"),
        ("fr;q=0, en", "en"),
        ("fr;q=x, *", "en"),
        ("FR", "fr"),
    ],
)
def test_the_browser_says_which_language(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_numbers_and_times_are_written_as_each_language_does() -> None:
    assert EN("overview.attention", n=1) == "One thing needs you"
    assert (EN("rooms.seats", n=0), FR("rooms.seats", n=0)) == ("0 seats", "0 place")
    moment = datetime(2026, 8, 31, 22, 30, tzinfo=UTC)
    paris = ZoneInfo("Europe/Paris")
    assert EN.moment(moment, paris) == "Tuesday 1 September, 00:30"
    assert FR.moment(moment, paris) == "mardi 1 septembre, 00:30"
    assert FR.ago(timedelta(minutes=3)) == "il y a 3 min"
    assert EN.ago(timedelta(seconds=-5)) == "just now"


def test_what_a_stranger_wrote_is_never_a_format() -> None:
    assert "{t.__class__}" in EN("rooms.none_found", search="{t.__class__}")
    assert set(LANGUAGES) == {"en", "fr"}
