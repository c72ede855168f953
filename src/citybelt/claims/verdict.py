"""The rule that turns a stated figure and computed ones into a verdict: numbers in, one word out."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

CONFIRMED = "confirmed"
PLAUSIBLE = "plausible"
NOT_CONFIRMED = "not confirmed"
WRONG = "wrong"
DEPENDS = "depends on the definition"
NOT_COMPUTABLE = "not computable from the data held"
VERDICTS = (CONFIRMED, PLAUSIBLE, NOT_CONFIRMED, WRONG, DEPENDS, NOT_COMPUTABLE)

#: Deviation in tolerances up to which a figure is confirmed, plausible, not confirmed; beyond, it is wrong.
LIMITS = ((1.0, CONFIRMED), (3.0, PLAUSIBLE), (6.0, NOT_CONFIRMED))


def deviation(stated: float, computed: float) -> float:
    """Computed over stated, less one; as a share."""
    return computed / stated - 1.0


def grade(stated: float, computed: float | None, tolerance: float) -> str:
    """Verdict on one definition alone: by how many tolerances (a share of the stated figure) it is off."""
    if computed is None or not isfinite(computed):
        return NOT_COMPUTABLE
    off = abs(deviation(stated, computed)) / tolerance
    return next((word for limit, word in LIMITS if off <= limit + 1e-9), WRONG)


def verdict(stated: float, computed: Mapping[str, float | None], decides: str | None, tolerance: float) -> str:
    """Verdict on a claim from its value under every definition.

    ``decides`` names the definition that the rule of the claim puts first, or None where the text leaves
    open which is meant. A claim is confirmed (or plausible) when the deciding definition says so. Otherwise a
    harsh verdict must hold under every definition that can be computed; where they disagree, the claim
    depends on the definition. Raises KeyError when ``decides`` names no definition.
    """
    if decides is not None and decides not in computed:
        raise KeyError(decides)
    words = {name: grade(stated, value, tolerance) for name, value in computed.items()}
    if decides is not None and words[decides] in (CONFIRMED, PLAUSIBLE):
        return words[decides]
    known = {word for word in words.values() if word != NOT_COMPUTABLE}
    if not known:
        return NOT_COMPUTABLE
    return known.pop() if len(known) == 1 else DEPENDS


def direction(stated: float, computed: Mapping[str, float | None], tolerance: float) -> str:
    """``low`` if the stated figure lies below every computed one by more than the tolerance, ``high`` if
    above every one, else empty."""
    values = [v for v in computed.values() if v is not None and isfinite(v)]
    if values and all(deviation(stated, v) > tolerance for v in values):
        return "low"
    if values and all(deviation(stated, v) < -tolerance for v in values):
        return "high"
    return ""
