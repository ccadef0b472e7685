from __future__ import annotations

import sys

import pytest

from roomdisplay.device.lean import without


def test_what_is_barred_fails_as_if_it_were_not_installed() -> None:
    name = "wsgiref.handlers"
    sys.modules.pop(name, None)
    with without(name):
        with pytest.raises(ModuleNotFoundError):
            __import__(name)
        assert sys.modules[name] is None
    assert name not in sys.modules
    assert __import__(name) is not None


def test_what_is_loaded_already_stays() -> None:
    with without("sys"):
        assert __import__("sys") is sys
    assert sys.modules["sys"] is sys


def test_the_bar_is_lifted_after_a_failure() -> None:
    name = "wsgiref.validate"
    sys.modules.pop(name, None)
    with pytest.raises(ValueError, match="broken"), without(name):
        raise ValueError("broken")
    assert name not in sys.modules
