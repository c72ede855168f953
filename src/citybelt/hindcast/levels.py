r"""The forecast with levels learned from the decade outside the cluster, and judged where nothing was learned.

Flows and stocks of 2010 tell which places gain and lose; how much of that a decade brings, they don't tell. That is
learned from the census of 2020, by group of age g, on places whose count is allowed: with z closed cohorts,

    (J1)  log(counted[r,g] / z[r,g]) = a[g] + sum_k b[g,k] x[g,r,k] + u[g,p(r)] + v[g,r]        as (E1)
    (J2)  total[r] = sum_g z[r,g] exp(drawn right side),   u and v of the groups correlated as the residuals are

Covariates are of 2010 (`TRAITS`). **Who learns from whom**: places of the cluster are predicted by (J1) as learned on
all places outside it; a place outside is predicted by (J1) as learned on the other provinces outside it, spreads and
correlations included. So no count of the cluster is read, and no place is judged by the count of its own province.
Draws take b from its distribution, a new u for every province and a new v for every place.

Covariates were chosen by their scores outside, each province predicted by the others; about a hundred lists were tried
there. Inside two were opened: the first had all but the last two, which lower the CRPS outside by two or three percent.
Limits: provinces next to each other share no error, though what the decade brought them may be alike.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from citybelt.hindcast import baselines, known, method, mixed, stocks, target
from citybelt.hindcast.known import Known

#: Covariates of (J1), all of 2010, in the order of coefficients after the constant.
TRAITS = (
    "net_moves",  # log of the forecast of 2010 over closed cohorts, of the group of age
    "from_other_provinces",  # residents registered in another province, share
    "from_same_province",  # residents registered in another county of the province, share
    "log_away",  # (H8) registered here and living elsewhere, per resident, in logarithms
    "log_income",  # GDP a head, in logarithms
    "capital",  # 1 for capitals of provinces and municipalities
    "dependants",  # children under 15 and people of 60 and more, share
    "college",  # residents with tertiary education, share
    "net_stock",  # (H6, H7) residents less registered, share
    "log_births",  # births a year per resident, in logarithms
)
SEED = 2020
DRAWS = 1000


@dataclass(frozen=True)
class Taught:
    """Draws of people in 2020 [K, R, G], and what was learned outside the cluster."""

    people: np.ndarray
    learned: tuple[mixed.Learned, ...]  # by group of age, on all places outside
    together: np.ndarray  # [G, G] correlation of residuals between groups
    scale: np.ndarray  # [G, k] one deviation of each covariate outside

    def coefficients(self) -> dict[str, dict[str, float]]:
        """Change in log people by group for one deviation of a covariate, and the deviations of errors."""
        return {
            g: {
                **dict(zip(("constant", *TRAITS), map(float, one.mean), strict=True)),
                "shared_by_province": one.shared,
                "of_place": one.own,
                "fall_with_size": one.fall,
            }
            for g, one in zip(target.GROUPS, self.learned, strict=True)
        }


def grouped(people: np.ndarray) -> np.ndarray:
    """People by five-year class [..., A] as groups of age [..., G]."""
    return np.stack([people[..., list(k)].sum(axis=-1) for k in target.GROUPS.values()], axis=-1)


def traits(start: Known, central: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """`TRAITS` [G, R, k] from the central run of the forecast of 2010 and closed cohorts, people [R, G]."""
    total = start.total
    read = stocks.read(start, method.RANGES["other_city"][1])
    counted = _of_places(start, "population", "")
    taught = sum(_of_places(start, "education", item) for item in ("college_junior", "bachelor_plus"))
    by_class = start.persons.sum(axis=1)
    codes = np.array(start.places.units.index, dtype=str)
    shared = [
        start.here_other / total,
        start.here_own / total,
        np.log(read.stocks.away / total),
        np.log(start.income),
        np.array([float(c[2:] in ("0000", "0100")) for c in codes]),
        (by_class[:, :3].sum(axis=1) + by_class[:, 12:].sum(axis=1)) / total,
        taught / counted,
        read.net,
        np.log(start.births / total),
    ]
    moves = np.log(central / closed).T
    return np.stack([np.column_stack([m, *shared]) for m in moves])


def _of_places(start: Known, quantity: str, item: str) -> np.ndarray:
    """A fact of 2010, summed over the units of each place [R]."""
    rows = known.known(quantity, item)
    rows = rows[rows["year"] == known.YEAR]
    by_unit = rows.groupby("region")["value"].sum(min_count=1).to_frame("value")
    return known._add(start.places, by_unit)["value"].to_numpy()


def teach(
    x: np.ndarray,
    closed: np.ndarray,
    counted: np.ndarray,
    province: np.ndarray,
    size: np.ndarray,
    inside: np.ndarray,
    draws: int,
    seed: int = SEED,
) -> Taught:
    """(J1, J2) Draws of people by place and group of age.

    Args:
        x: covariates [G, R, k].
        closed: closed cohorts [R, G].
        counted: the census [R, G], NaN where it isn't held; what is counted inside is never read.
        province: label of each place [R].
        size: people of 2010 [R].
        inside: places of the cluster [R].
        draws: how many, K.

    Raises:
        NotSolvedError: spreads of the errors weren't found.
    """
    R, G = closed.shape
    use = np.isfinite(counted).all(axis=1) & ~inside
    y = np.log(np.where(use[:, None], counted, closed) / closed)
    rng = np.random.default_rng(seed)
    z_b = rng.standard_normal((draws, G, x.shape[2] + 1))
    z_u = rng.standard_normal((draws, int(province.max()) + 1, G))
    z_v = rng.standard_normal((draws, R, G))
    people = np.empty((draws, R, G))

    def predict(of: np.ndarray, rows: np.ndarray) -> tuple[list, np.ndarray, np.ndarray]:
        """Fill the draws of places ``of`` from what ``rows`` say."""
        middle, scale = x[:, rows].mean(axis=1, keepdims=True), x[:, rows].std(axis=1, keepdims=True)
        z = (x - middle) / scale
        relative = size / np.exp(np.log(size[rows]).mean())
        found, rest = [], []
        for g in range(G):
            told = mixed.Rows(y[rows, g], z[g, rows], province[rows], relative[rows])
            one = mixed.learn(told)
            found.append(one)
            apart = told.y - one.mean[0] - told.x @ one.mean[1:]
            rest.append(apart / np.sqrt(one.shared**2 + one.deviation(told.size) ** 2))
        together = np.atleast_2d(np.corrcoef(np.array(rest)))
        low = np.linalg.cholesky(together)
        u, v = z_u[:, province[of]] @ low.T, z_v[:, of] @ low.T
        for g, one in enumerate(found):
            b = one.mean + z_b[:, g] @ np.linalg.cholesky(one.cov).T
            log = b[:, :1] + b[:, 1:] @ z[g, of].T + one.shared * u[..., g] + one.deviation(relative[of]) * v[..., g]
            people[:, of, g] = closed[of, g] * np.exp(log)
        return found, together, scale[:, 0]

    found, together, scale = predict(inside, use)
    for p in np.unique(province[~inside]):
        of = (province == p) & ~inside
        predict(of, use & (province != p))
    return Taught(people, tuple(found), together, scale)


def of_forecast(
    start: Known,
    made: method.Forecast,
    closed: np.ndarray,
    counted: np.ndarray,
    inside: np.ndarray,
    draws: int = DRAWS,
) -> Taught:
    """(J1, J2) from the forecast of 2010, closed cohorts [R, A] and the census [R, G]."""
    shut = grouped(closed)
    x = traits(start, grouped(made.persons[0]), shut)
    return teach(x, shut, counted, start.province, start.total, inside, draws)


def method_hash() -> str:
    """The hash of the forecast of 2010 and of every file that learns from the decade."""
    digest = hashlib.sha256(method.method_hash().encode())
    for file in (baselines.__file__, mixed.__file__, __file__, target.__file__):
        digest.update(Path(str(file)).read_bytes())
    return digest.hexdigest()[:16]
