"""What the calendar doctor found, in words, with the commands that repair it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from roomdisplay.admin.guide.repairs import repair_for
from roomdisplay.admin.guide.steps import written
from roomdisplay.admin.guide.values import GuideValues
from roomdisplay.admin.web.i18n import Catalogue
from roomdisplay.connectors.base import Diagnosis
from roomdisplay.connectors.diagnosis import Finding, Verdict

SHAPES = {
    Verdict.GOOD: ("tick", "positive"),
    Verdict.WARNING: ("alert", "caution"),
    Verdict.BAD: ("bar", "negative"),
    Verdict.SKIPPED: ("dot", "neutral"),
}
"""A shape and a colour for each verdict; the word stands beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is wrong, and what to do."""

    words: str
    repair: str
    commands: str
    """To copy, one below the other; empty where there are none."""
    slow: bool = False
    """Whether it may take up to two hours until the repair holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One check as the page shows it."""

    title: str
    verdict: str
    shape: str
    role: str
    facts: str
    told: Told | None
    detail: str


def tell(t: Catalogue, diagnosis: Diagnosis, values: GuideValues | None) -> Told:
    """A diagnosis in words; its parameters are data, escaped by the template."""
    repair = repair_for(diagnosis, values)
    return Told(
        words=_say(t, f"diagnosis.{diagnosis.reason}", diagnosis)
        or t.reason(diagnosis.reason or "unexpected"),
        repair=_say(t, repair.sentence_key, diagnosis),
        commands=written(repair.commands),
        slow=repair.slow,
    )


def check_views(
    t: Catalogue, findings: Iterable[Finding], values: GuideValues | None
) -> list[CheckView]:
    """All findings for the page; what is wrong is told once, where it was found."""
    shown, reasons = [], set[str]()
    for one in findings:
        view = check_view(t, one, values)
        if one.diagnosis is not None:
            if one.verdict is Verdict.SKIPPED and one.diagnosis.reason in reasons:
                above = Told(words=t("doctor.see_above"), repair="", commands="")
                view = replace(view, told=above)
            reasons.add(one.diagnosis.reason)
        shown.append(view)
    return shown


def check_view(t: Catalogue, finding: Finding, values: GuideValues | None) -> CheckView:
    """One finding in words."""
    shape, role = SHAPES[finding.verdict]
    key = f"check.{finding.check}"
    return CheckView(
        title=t(key) if t.has(key) else t("doctor.another_check"),
        verdict=finding.verdict.value,
        shape=shape,
        role=role,
        facts=_facts(t, finding),
        told=tell(t, finding.diagnosis, values) if finding.diagnosis else None,
        detail=finding.detail if finding.verdict in {Verdict.BAD, Verdict.WARNING} else "",
    )


def _facts(t: Catalogue, finding: Finding) -> str:
    """Counts and names of a good check: in a sentence where there is one, else one by one."""
    key = f"check.{finding.check}_facts"
    if finding.facts and t.has(key):
        try:
            return t(key, **finding.facts)
        except (KeyError, IndexError):
            pass
    return " · ".join(_fact(t, name, value) for name, value in finding.facts.items() if value)


def _fact(t: Catalogue, name: str, value: str) -> str:
    if t.has(f"fact.{name}") and value.isascii() and value.isdecimal():
        return t(f"fact.{name}", n=int(value))
    return value


def _say(t: Catalogue, key: str, diagnosis: Diagnosis) -> str:
    """The words of a key; what the connector did not tell is left open, never an error."""
    if not t.has(key):
        return ""
    entry = t.words[key]
    return entry.format_map(_Lenient(diagnosis.params)) if isinstance(entry, str) else ""


class _Lenient(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"
