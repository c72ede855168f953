r"""What a mix of levers does, in a millisecond: derivatives that were taken once, and how far they can be trusted.

A lever of value v moves a response and a payment along known curves (L2, L3 of ``levers``). Divided by what they are
at the upper bound these are the coordinates ``u_k(v)``, from zero to one; where both curves are straight they coincide
and one coordinate is enough. The equilibrium is expanded in the coordinates and not in v, since the curves are known
exactly and the equilibrium is much straighter than they are:

    (V1)  change_m(v) = sum_k G_km u_k + 1/2 sum_kl H_klm u_k u_l + C_m(a)
    (V2)  C_m(a)      = sum_i a_i^3 (c0_im + c1_im a_i + c2_im a_i^2 + c3_im a_i^3)
                        + sum_i<j s_ijm a_i a_j (a_i + a_j) / 2
    (V3)  error_m(v)  = q_m (sum_i d_im a_i^3 + sum_i<j |s_ijm| a_i a_j + floor_m)

``G`` and ``H`` are exact first and second derivatives. ``C`` is what they miss, from third order on: the polynomials
``c`` pass through each lever alone at four values, and ``s`` is what is missed of each pair at their upper bounds
beyond that, all from exact equilibria; ``a_i`` is the larger coordinate of lever i. (V3) is built from what is known
to bend: ``d`` is by how much the polynomial through three of a lever's values misses the fourth. So it is the error
of the mix asked for and no constant. ``q_m`` is the LEVEL quantile of |exact - (V1)| over the bracket of (V3), over
draws that nothing else was fitted to. It covers new draws of the same kind with that probability whatever the shape
of the errors is (split conformal prediction). ``floor`` is what equilibria solved to 1e-10 leave open.

``Preview`` holds numpy arrays only and starts no compiled program. It is made by ``preview_build.build``. Source: Lei,
G'Sell, Rinaldo, Tibshirani and Wasserman (2018) for split conformal prediction with errors of varying size.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.result import plain, put

if TYPE_CHECKING:
    import pandas as pd

#: Probability with which (V3) covers the error of one outcome.
LEVEL = 0.985
#: Goes up whenever a stored preview would be read wrongly.
FORMAT = 1


class Glance(NamedTuple):
    """What a mix of levers does, approximately.

    Attributes:
        first, second, beyond: [M] the parts of the change, see (V1).
        error: [M] by how much the change may be off, see (V3).
    """

    first: np.ndarray
    second: np.ndarray
    beyond: np.ndarray
    error: np.ndarray

    @property
    def changes(self) -> np.ndarray:
        """[M] changes of all outcomes from the base year."""
        return self.first + self.second + self.beyond


@dataclass(frozen=True, eq=False)
class Preview:
    """Stored derivatives of every outcome to a menu of levers.

    K coordinates, L levers, M outcomes, S sets of regions. Outcomes stand in the order of ``model.panel``.

    Attributes:
        world, closure: what it was made for; a closure in words, joined by commas.
        levers: [L] ids; upper: [L] their bounds, in their units.
        regions: [H] ids of home regions; sets: [S] names; regional, totals: names of the outcomes.
        lever: [K] to which lever a coordinate belongs; paying: [K] whether it is a payment.
        curve: [L, 4] exponent and scale of the response, exponent and scale of the cost.
        first: [K, M]; second: [P, M], along ``pairs`` [P, 2].
        alone: [4, L, M] the coefficients c, and joint: [L (L-1) / 2, M] the s of (V2).
        doubt, floor, factor: [L, M] the d, [M] and [M] the q of (V3).
        draws: how many exact equilibria ``factor`` was found from.
    """

    world: str
    closure: str
    levers: tuple[str, ...]
    upper: np.ndarray
    regions: tuple[str, ...]
    sets: tuple[str, ...]
    regional: tuple[str, ...]
    totals: tuple[str, ...]
    lever: np.ndarray
    paying: np.ndarray
    curve: np.ndarray
    first: np.ndarray
    second: np.ndarray
    pairs: np.ndarray
    alone: np.ndarray
    joint: np.ndarray
    doubt: np.ndarray
    floor: np.ndarray
    factor: np.ndarray
    draws: int

    def __repr__(self) -> str:
        return (
            f"<citybelt.Preview {self.world}: {len(self.levers)} levers, {self.first.shape[1]} outcomes,"
            f" error from {self.draws} exact equilibria>"
        )

    def to_json(self) -> dict[str, Any]:
        """What it is a preview of, and of what it knows the largest part: each lever at its bound."""
        bounds = {k: self.table(self.at({k: v}))["change"] for k, v in zip(self.levers, self.upper, strict=True)}
        return plain(
            {
                "world": self.world, "closure": self.closure, "draws": self.draws, "level": LEVEL,
                "upper": dict(zip(self.levers, self.upper, strict=True)),
                "welfare_at_bound": {k: change["welfare", self.sets[0]] for k, change in bounds.items()},
            }
        )  # fmt: skip

    def values(self, settings: Mapping[str, float] | Sequence[float] | np.ndarray) -> np.ndarray:
        """[L] values in the order of the levers, zero where one is not set.

        Raises:
            InputError: an unknown lever, or a value beyond its bounds, where nothing is known.
        """
        if isinstance(settings, Mapping):
            unknown = [Problem(f"lever {k!r}", "is not in this preview.", "") for k in settings if k not in self.levers]
            if unknown:
                raise InputError(unknown)
            v = np.array([float(settings.get(k, 0.0)) for k in self.levers])
        else:
            v = np.asarray(settings, float)
        if v.shape != self.upper.shape:
            raise InputError([Problem("values", f"are {v.size}, for {self.upper.size} levers.", "Give one for each.")])
        bad = ~((v >= 0) & (v <= self.upper))
        if bad.any():
            what = "is {:g}, outside 0 to {:g}."
            raise InputError(
                [Problem(self.levers[k], what.format(v[k], self.upper[k]), "") for k in np.flatnonzero(bad)]
            )
        return v

    def coordinates(self, values: np.ndarray) -> np.ndarray:
        """[K] responses and payments over what they are at the upper bounds."""
        exponent, scale, charge, charge_scale = self.curve.T
        response = bend(values, scale, exponent) / bend(self.upper, scale, exponent)
        payment = bend(values, charge_scale, charge) / bend(self.upper, charge_scale, charge)
        return np.where(self.paying, payment[self.lever], response[self.lever])

    def at(self, settings: Mapping[str, float] | Sequence[float] | np.ndarray) -> Glance:
        """(V1) to (V3) at a mix of levers.

        Args:
            settings: values by lever, or [L] in the order of ``levers``; each from zero to its bound.

        Returns:
            A ``Glance``; ``table`` and ``by_region`` name its numbers.

        Raises:
            InputError: an unknown lever, or a value beyond its bounds.
        """
        u = self.coordinates(self.values(settings))
        a = np.zeros(len(self.levers))
        np.maximum.at(a, self.lever, u)
        one, two = self.pairs.T
        weights = np.where(one == two, 0.5, 1.0) * u[one] * u[two]
        i, j = np.triu_indices(len(a), 1)
        both = a[i] * a[j]
        beyond = np.tensordot(powers(a), self.alone) + (0.5 * both * (a[i] + a[j])) @ self.joint
        bracket = a**3 @ self.doubt + both @ np.abs(self.joint) + self.floor
        return Glance(u @ self.first, weights @ self.second, beyond, self.factor * bracket)

    def singly(self, settings: Mapping[str, float] | Sequence[float] | np.ndarray, entry: int) -> np.ndarray:
        """[L] change of one outcome by each lever alone, (V1) without the pairs.

        Args:
            settings: as of ``at``; entry: number of the outcome.

        Raises:
            InputError: an unknown lever, or a value beyond its bounds.
        """
        count = len(self.levers)
        u = self.coordinates(self.values(settings))
        a = np.zeros(count)
        np.maximum.at(a, self.lever, u)
        one, two = self.pairs.T
        own = self.lever[one] == self.lever[two]
        weights = (np.where(one == two, 0.5, 1.0) * u[one] * u[two] * self.second[:, entry])[own]
        first = np.bincount(self.lever, u * self.first[:, entry], count)
        second = np.bincount(self.lever[one][own], weights, count)
        return first + second + (powers(a) * self.alone[:, :, entry]).sum(axis=0)

    def by_region(self, glance: Glance) -> pd.DataFrame:
        """Changes by home region, one column an outcome, and with ``_error`` the error of each."""
        import pandas as pd

        cut = len(self.regional) * len(self.regions)
        parts = [x[:cut].reshape(len(self.regional), -1).T for x in (glance.changes, glance.error)]
        index = pd.Index(self.regions, name="region")
        changes, errors = (pd.DataFrame(x, index=index, columns=list(self.regional)) for x in parts)
        return changes.join(errors.add_suffix("_error"))

    def table(self, glance: Glance) -> pd.DataFrame:
        """Totals: one row an outcome and set of regions with the parts of the change, the change and its error."""
        import pandas as pd

        cut = len(self.regional) * len(self.regions)
        columns = {"first": glance.first, "second": glance.second, "beyond": glance.beyond,
                   "change": glance.changes, "error": glance.error}  # fmt: skip
        index = pd.MultiIndex.from_product([self.totals, self.sets], names=["outcome", "of"])
        return pd.DataFrame({k: v[cut:] for k, v in columns.items()}, index=index)

    def save(self, path: str | Path) -> None:
        """Write it into a file of numpy's npz format.

        Raises:
            InputError: the file can't be written.
        """
        held: dict[str, Any] = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}
        content = io.BytesIO()
        np.savez(content, format=FORMAT, **held)
        put({Path(path): content.getvalue()})

    @staticmethod
    def load(path: str | Path) -> Preview:
        """Read what ``save`` wrote.

        Raises:
            InputError: it is no preview, or damaged, or one of another version.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                if int(file["format"]) != FORMAT:
                    raise KeyError("format")
                held = {f.name: file[f.name] for f in fields(Preview)}
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            what = f"is not a preview of this version ({error})."
            raise InputError([Problem(str(path), what, "Make it again.")]) from None
        return Preview(**{k: _plain(v) for k, v in held.items()})


def _plain(value: np.ndarray) -> Any:
    """Texts and numbers as Python's own; arrays as they are."""
    if value.dtype.kind == "U":
        return str(value) if value.ndim == 0 else tuple(str(v) for v in value)
    return int(value) if value.ndim == 0 else value


def powers(a: np.ndarray) -> np.ndarray:
    """[4, ...] the third to the sixth power."""
    return a ** np.arange(3, 7).reshape(-1, *[1] * a.ndim)


def bend(value: np.ndarray, scale: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """(L1) of ``levers``, in numpy."""
    log = np.log1p(value / scale)
    zero = exponent == 0
    return scale * np.where(zero, log, np.expm1(exponent * log) / np.where(zero, 1.0, exponent))
