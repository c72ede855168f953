"""A trade agreement between Canada and Japan in a gravity model of 30 countries.

Two equilibria. In the conditional one output and spending stay and the multilateral resistances adjust; the package
gegravity (Herman) solves it and calls it full, since it values output at the new prices afterwards: real GDP ``p/P``
and trade at ``p[i] Y[i] p[j] E[j]`` over the world's. In the full one of endowments spending follows prices too.
Both are computed and named. Sources: Anderson and van Wincoop (2003); Anderson, Larch and Yotov (2018).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.replicate.files import numbers, table
from citybelt.replicate.result import Figure, against

NAME = "gravity_can_jpn"
TITLE = (
    "A trade agreement of Canada and Japan, structural gravity, 30 countries",
    "加拿大与日本贸易协定：30国结构引力模型",
)
FILES = ("sample_data_set.dlm",)
ORIGIN = "github.com/peter-herman/gegravity at 358cba1, examples"

SIGMA = 5.0
PTA = 0.4711383
#: Of log trade to each determinant.
GRAVITY = {
    "lndist": -0.3898623, "contiguity": 0.891577, "common_language": 0.0326249, "pta": PTA, "international": -3.412584,
}  # fmt: skip
CONSTANT = 16.32434
REFERENCE = "DEU"


def figures(folder: Path | None) -> list[Figure]:
    """Resistances, prices, real output and trade, before and after."""
    import jax.numpy as jnp

    from citybelt.engine.solve import solve
    from citybelt.model import gravity, invert

    assert folder is not None
    names, factor, output, spending = _read(folder / FILES[0])
    place = {name: k for k, name in enumerate(names)}
    home, can, jpn = place[REFERENCE], place["CAN"], place["JPN"]
    theta = SIGMA - 1

    before = invert.resistances(factor, output, spending, theta, home)
    flows = before.flows

    b, th = gravity.base_year(flows), gravity.theory(SIGMA)
    cheaper = np.zeros(factor.shape)
    cheaper[can, jpn] = cheaper[jpn, can] = -PTA / theta
    z = gravity.Shock(jnp.asarray(cheaper), jnp.zeros(len(names)), jnp.zeros(len(names)))

    found = {f"imr_level:{n}": before.inward[place[n]] for n in LEVELS}
    found |= {f"omr_level:{n}": before.outward[place[n]] for n in LEVELS}
    for closure in (1.0, 0.0):
        s = solve(gravity.GRAVITY, b, th, z, gravity.Closure(closure)).require()
        price, inward, real = (
            np.asarray(x) for x in (s.accounts.log_price, s.accounts.log_inward, s.accounts.log_real_output)
        )
        shares = np.exp(-theta * (cheaper + price)) * flows
        after = shares / shares.sum(axis=1, keepdims=True) * np.asarray(s.accounts.spending)[:, None]
        if closure:
            price, inward = price - inward[home], inward - inward[home]
            found["imr_level_after:CAN"] = before.inward[can] * np.exp(inward[can])
            worth = after * np.exp(price + price[:, None]) * output.sum() / (output @ np.exp(price))
            scale = spending.sum() / output.sum()
            for key, n, i in (("CAN_JPN", jpn, can), ("JPN_CAN", can, jpn)):
                found |= {f"trade_before:{key}": scale * flows[n, i], f"trade_after:{key}": scale * worth[n, i]}
                found[f"trade_change:{key}"] = 100 * (worth[n, i] / flows[n, i] - 1)
            found |= _by_country(names, price, inward, flows, worth)
        else:
            found |= {f"full_gdp:{n}": 100 * np.expm1(real[k]) for n, k in place.items()}
            found |= {f"full_price:{n}": 100 * np.expm1(price[k] - price[home]) for n, k in place.items()}
            growth = np.log(after) - np.log(flows)
            found["full_trade:CAN_JPN"] = growth[jpn, can] - growth[home, home]
            found["full_trade:JPN_CAN"] = growth[can, jpn] - growth[home, home]
    return against(NAME, found)


#: Countries whose resistances the package prints first, and which are published as levels.
LEVELS = ("AUS", "AUT", "BEL", "BRA", "CAN", "DEU")


def _by_country(names, price, inward, before, after) -> dict[str, float]:
    """The columns of the package's table of results; changes in per cent."""
    abroad = 1.0 - np.eye(len(names))
    percent = lambda log: 100 * np.expm1(log)  # noqa: E731
    columns = {
        "price": percent(price),
        "omr": percent(-price),
        "imr": percent(inward),
        "gdp": percent(price - inward),
        "welfare": np.exp(inward - price),
        "terms": percent(price - inward),
        "output": percent(price),
        "expenditure": percent(price),
        "exports": 100 * ((after * abroad).sum(axis=0) / (before * abroad).sum(axis=0) - 1),
        "imports": 100 * ((after * abroad).sum(axis=1) / (before * abroad).sum(axis=1) - 1),
        "at_home": 100 * (np.diagonal(after) / np.diagonal(before) - 1),
    }
    return {f"{c}:{n}": v for c, values in columns.items() for n, v in zip(names, values, strict=True)}


def _read(path: Path) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Countries, the factor of trade by buyer and seller, output and spending.

    Raises:
        InputError: the file is not the square table that it should be.
    """
    rows = table(path, ["exporter", "importer", "Y", "E", *GRAVITY])
    values = numbers(path, (None, len(GRAVITY)), rows[list(GRAVITY)])
    rows = rows.assign(factor=np.exp(CONSTANT + values @ np.array(list(GRAVITY.values()))))
    names = sorted(set(rows["exporter"].astype(str)))
    complete = len(rows) == len(names) ** 2 and not rows.duplicated(["exporter", "importer"]).any()
    if (
        not complete
        or set(rows["importer"].astype(str)) != set(names)
        or not {*LEVELS, "CAN", "JPN", REFERENCE} <= set(names)
    ):
        what = "is not one row for each exporter and importer, the countries reported among them."
        raise InputError([Problem(str(path), what, "Take the file as its authors published it.")])
    factor = rows.pivot(index="importer", columns="exporter", values="factor").to_numpy()
    output = numbers(path, (len(names),), rows.groupby("exporter")["Y"].first(), 0.0)
    spending = numbers(path, (len(names),), rows.groupby("importer")["E"].first(), 0.0)
    return names, factor, output, spending
