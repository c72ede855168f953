"""Which places a region holds: the one rule that the network and the maps share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import numpy as np

from citybelt.errors import InputError, Problem


def members(regions: Sequence[str], place: Sequence[str], cluster: Sequence[str]) -> np.ndarray:
    """Membership [N regions, P places], bool, from the region code and the cluster name of each place.

    A region is a place ('210100', 'JPN'), a province ('370000': its places that are no region of their own),
    a cluster of a province ('440000-prd': its places in cluster PRD), or the rest of one ('440000-rest': its
    places that no other region holds).

    Raises InputError naming every region without a place.
    """
    regions = [str(r) for r in regions]
    code = np.asarray(place, dtype=str)
    names = np.char.lower(np.asarray(cluster, dtype=str))
    member = np.zeros((len(regions), len(code)), bool)
    remainder = []
    for n, region in enumerate(regions):
        stem, _, part = region.partition("-")
        inside = np.char.startswith(code, stem[:2]) & np.char.isdigit(code)
        if part and part != "rest":
            member[n] = inside & (names == part)
        elif not part and (code == region).any():
            member[n] = code == region
        elif part == "rest" or stem.endswith("0000"):
            remainder.append((n, inside))
    taken = member.any(axis=0)
    for n, inside in remainder:
        member[n] = inside & ~taken
    empty = [
        Problem(f"region {r!r}", "no place known here lies in it.", nearest(r, code))
        for r, m in zip(regions, member, strict=True)
        if not m.any()
    ]
    if empty:
        raise InputError(empty)
    return member


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint with the known name closest to a wrong one, or nothing."""
    close = get_close_matches(str(name), sorted({str(n) for n in names if n}), n=1)
    return f"Did you mean {close[0]!r}?" if close else ""
