"""What a form says of its fields, and of the service that refused."""

from __future__ import annotations

from typing import Any

from roomdisplay.admin.errors import AdminError, InvalidInputError, ServiceError
from roomdisplay.admin.guide.values import GuideValues
from roomdisplay.admin.web.errors import field_words, words_for
from roomdisplay.admin.web.findings import tell
from roomdisplay.admin.web.visit import Visit


def problems(
    visit: Visit, error: AdminError | None, values: GuideValues | None = None
) -> dict[str, Any]:
    """For the template: `errors` by field, `wrong` in words, and `told` with its repair."""
    fields = field_words(visit.t, error) if isinstance(error, InvalidInputError) else {}
    wrong, told = "", None
    if isinstance(error, ServiceError):
        wrong = words_for(visit.t, error)
        if error.diagnosis is not None:
            told = tell(visit.t, error.diagnosis, values)
            wrong = error.detail
    return {"errors": fields, "wrong": wrong, "told": told}
