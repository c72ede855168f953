r"""Where innovation centres serve most: what a yuan of research brings by city, and an exact choice of a few sites.

    (I1)  worth[n,m] = v[n] ( own 1[n=m] / S[n] + learn D[n,m] / sum_m D[n,m] S[m] )    a yuan a year at m, on n
    (I2)  maximise   sum_n v[n] max over chosen m of closeness[n,m],    closeness = exp( -hours / range ), 1 at home

with ``k`` sites chosen, ``v`` value added and ``S`` research of the base year. (I1) is (A7) of `technology` per yuan,
where research has been ``S`` a year for so long that stocks are ``S / omega``: it counts what everybody learns in the
end, for a centre too small to move them. Its share by receiver is the influence, which sums to one over the nation;
what falls outside the city is its reach. In (I2) everybody is served by the best centre in reach, so a second one
nearby adds little: the p-median problem, solved in whole numbers to proven optimality. Sources: Hakimi (1964);
ReVelle and Swain (1970) for the form with assignments, which is nearly always whole by itself.

Limits: research of cities is their province's by value added, so (I1) is large where a province spends little for what
it makes, and differs little inside one; it says what more knowledge is worth there, not who can do the research.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, eye_array, hstack, kron

from citybelt.errors import InputError, NotSolvedError

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset
    from citybelt.path.technology import Technology
    from citybelt.result import Progress

#: Sites chosen together, at most, unless a user asks for more.
COUNT = 5
#: Columns of labels of several cities.
MANY = ("regions", "names_en", "names_zh")


def served(reach: np.ndarray, weight: np.ndarray, sites: np.ndarray | list[int]) -> float:
    """What the chosen sites bring together: the weighted sum of the best reach."""
    return float(weight @ reach[:, sites].max(axis=1))


def best_sites(reach: np.ndarray, weight: np.ndarray, count: int) -> np.ndarray:
    """(I2) The ``count`` sites which together serve most.

    Args:
        reach: not negative, [receivers, sites].
        weight: of receivers, not negative.
        count: number of sites.

    Returns:
        Their numbers, ascending.

    Raises:
        InputError: more sites than there are, or none.
        NotSolvedError: no optimum was proven.
    """
    n, m = reach.shape
    if not 1 <= count <= m:
        raise InputError(f"choose between 1 and {m} sites, not {count}")
    # Unknowns: who is served from where [n * m], then which sites are open [m].
    gain = -np.concatenate([(weight[:, None] * reach).ravel(), np.zeros(m)])
    once = hstack([kron(eye_array(n), np.ones((1, m))), coo_array((n, m))])
    only_open = hstack([eye_array(n * m), -kron(np.ones((n, 1)), eye_array(m))])
    opened = hstack([coo_array((1, n * m)), coo_array(np.ones((1, m)))])
    rules = [
        LinearConstraint(once.tocsr(), 1, 1),
        LinearConstraint(only_open.tocsr(), -np.inf, 0),
        LinearConstraint(opened.tocsr(), count, count),
    ]
    whole = np.concatenate([np.zeros(n * m), np.ones(m)])
    found = milp(gain, constraints=rules, integrality=whole, bounds=Bounds(0, 1), options={"mip_rel_gap": 0.0})
    if found.status != 0:
        raise NotSolvedError(f"no best choice of sites was proven: {found.message}")
    return np.flatnonzero(found.x[n * m :] > 0.5)


def worth(t: Technology, research: np.ndarray, value: np.ndarray) -> np.ndarray:
    """(I1) Yuan of value added a year for each yuan of research a year, in the end.

    Args:
        t: what stays the same.
        research, value: research a year and value added of each place [R].

    Returns:
        [receiver, source]
    """
    from citybelt.path.technology import gain

    lasting = jnp.asarray(research) / t.obsolescence
    return np.asarray(gain(t, lasting, jnp.asarray(value)) / t.obsolescence)


@dataclass(frozen=True, eq=False)
class Centres:
    """Where innovation centres in the cities of a cluster would serve most.

    Attributes:
        world, cluster: labels; year: of the stocks and of value added.
        cities: one row a city of the cluster, the most first: region, name_en, name_zh, worth (yuan a year to the
            nation for each yuan of research a year), worth_cluster, and where it falls: home, cluster (the rest of it)
            and elsewhere, which sum to one.
        sites: one row for each set and number of sites: whom (cluster or nation), number, regions, names_en, names_zh
            (apart by "; "), served (share of the value added of the set, by closeness).
    """

    world: str
    cluster: str
    year: int
    cities: pd.DataFrame
    sites: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """Labels and both tables as records."""
        tables = {name: getattr(self, name).to_dict("records") for name in ("cities", "sites")}
        return {"world": self.world, "cluster": self.cluster, "year": self.year} | tables

    def rich(self, lang: str = "en") -> Any:
        """Both tables for the terminal."""
        from rich.console import Group

        from citybelt.terminal import Paragraph, Sheet

        w = WORDS[lang]
        cities = [
            (getattr(r, f"name_{lang}"), f"{r.worth:.2f}", f"{r.worth_cluster:.2f}",
             *(f"{100 * getattr(r, part):.0f}" for part in ("home", "cluster", "elsewhere")))
            for r in self.cities.itertuples()
        ]  # fmt: skip
        sites = [
            (w[r.whom], str(r.number), getattr(r, f"names_{lang}"), f"{100 * r.served:.0f}")
            for r in self.sites.itertuples()
        ]
        title = w["title"].format(year=self.year)
        return Group(
            Sheet(w["cities"], cities, title=title, right=[1, 2, 3, 4, 5], yields=[0]),
            Sheet(w["sites"], sites, title=w["chosen"], right=[1, 3], yields=[2]),
            Paragraph(w["limits"]),
        )

    def __rich__(self) -> Any:
        return self.rich()

    def _repr_html_(self) -> str:
        return self.cities.to_html(index=False, float_format="{:.3f}".format)


WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "title": "A yuan of research a year, in the end: yuan of value added a year ({year})",
        "cities": ("City", "nation", "cluster", "at home, %", "rest of cluster, %", "elsewhere, %"),
        "chosen": "Sites that together serve most, by closeness",
        "sites": ("Whom", "sites", "where", "value added served, %"),
        "cluster": "cluster", "nation": "nation",
        "limits": "At the research of the base year, for a centre too small to change what is known. Research of "
        "cities is imputed from their provinces; who can do the research is not in it.",
    },
    "zh": {
        "title": "每年一元研发的长期所得：每年增加值（元，{year}年）",
        "cities": ("城市", "全国", "城市群", "本市，%", "城市群其他地区，%", "群外，%"),
        "chosen": "合计服务最多的选址（按时间距离）",
        "sites": ("服务对象", "个数", "选址", "所服务的增加值，%"),
        "cluster": "城市群", "nation": "全国",
        "limits": "按基年研发水平计算，中心规模小到不改变知识存量；各市研发由省级数据推算，未考虑各地能否承担研发。",
    },
}  # fmt: skip


def centres(dataset: Dataset, count: int = COUNT, progress: Progress | None = None) -> Centres:
    """Hold the cities of a world's cluster against each other as sites of innovation centres.

    Args:
        dataset: an embedded world.
        count: sites chosen together, at most.
        progress: told of the sets of sites.

    Raises:
        InputError: no whole number of sites, or more than the cluster has cities.
        NotSolvedError: no best choice of sites was proven.
    """
    import pandas as pd

    from citybelt.config import configure
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory
    from citybelt.path.base_year import technology_start
    from citybelt.path.parameters import parameters

    configure()
    x = dataset.x
    e = economy(dataset, theory(list(map(str, x["sector"].values))))
    h, p = len(e.home), parameters()
    inside = np.flatnonzero(np.asarray(e.cluster)[:h] == x.attrs["cluster"])
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= len(inside):
        raise InputError(f"choose between 1 and {len(inside)} sites, not {count!r}")
    # Gaps to the frontier, which capital, workers and schooling are for, play no part in what is learnt from others.
    ones = np.ones(h)
    start = technology_start(dataset, e.base, p, stock=ones, workers=ones, school_return=0.0, year=dataset.base_year)
    value = np.asarray(e.base.value_added)[:h].sum(axis=1)
    each = worth(start.technology, start.research, value)[:, inside]
    total, here, all_here = each.sum(axis=0), each[inside, np.arange(len(inside))], each[inside].sum(axis=0)
    label = {k: x[k].values[inside].astype(str) for k in ("region", "name_en", "name_zh")}
    cities = pd.DataFrame(
        label
        | {"worth": total, "worth_cluster": all_here, "home": here / total}
        | {"cluster": (all_here - here) / total, "elsewhere": 1.0 - all_here / total}
    )
    closeness = np.exp(-x["hours"].values[:h, :h] / p["span"])
    np.fill_diagonal(closeness, 1.0)
    rows = []
    for whom, served_all in (("cluster", inside), ("nation", np.arange(h))):
        near, weight = closeness[np.ix_(served_all, inside)], value[served_all]
        for number in range(1, count + 1):
            at = best_sites(near, weight, number)
            names = {many: "; ".join(label[one][at]) for one, many in zip(label, MANY, strict=True)}
            share = served(near, weight, at) / weight.sum()
            rows.append({"whom": whom, "number": number} | names | {"served": share})
            if progress:
                progress("sites", len(rows), 2 * count)
    table = cities.sort_values("worth", ascending=False, ignore_index=True)
    return Centres(dataset.name, str(x.attrs["cluster"]), dataset.base_year, table, pd.DataFrame(rows))
