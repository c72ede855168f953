r"""What ages do to the places of a path: who works, who depends on them, pensions, care, schools and beds.

    (E1)  labour force = P part[s,a];   young, of working age, old: under 15, 15 to 64, 65 and more
    (E2)  contributions[r,t] = rate covered compliance W[r,t],    W labour income at base-year prices
          benefits[r,t]      = entitled replacement retired[r,t] W[r,t] / labour force[r,t]
    (E3)  balance[r,t] = contributions - benefits,   change[r,t] = balance[r,t] - balance[r,base year]
    (E4)  points[r,t]  = 100 ( balance[r,t] / income[r,t] - the same in the base year ),   income of all factors
    (E5)  care, school places by stage, hospital beds:  P times what is needed at each sex and age

Persons and money are added over places; ratios are made of sums, so those of a province are not means of its places'.
``retired`` are past the retirement age of their sex and year, which rises as the law says. The equations of a year are
those of `people.ageing`; numbers are those of `people.rules`.
Limits: accounts of a rule beside the equilibrium, whose own pensions are what comes in. Shares that pay and draw are
the nation's in every place and assumed (grade D), so levels of a balance say little: read its change. People of the
path work at the ages of the base year; ``later_force`` is who'd work if they stopped as much later as they retire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.people import ageing, rules
from citybelt.people.record import SEXES, Ages

if TYPE_CHECKING:
    import xarray as xr

    from citybelt.path.result import Path

STAGES = ("primary", "junior", "senior")
#: What is added over places: name, unit, what it is in English and Chinese.
AMOUNTS = {
    "force": ("persons", "Labour force", "劳动力"),
    "later_force": ("persons", "Labour force if work ends later with retirement", "退休推迟时的劳动力"),
    "young": ("persons", "People under 15", "15岁以下人口"),
    "middle": ("persons", "People of 15 to 64", "15至64岁人口"),
    "old": ("persons", "People of 65 and more", "65岁及以上人口"),
    "retired": ("persons", "People past retirement age", "已达退休年龄人口"),
    "contributions": ("bn", "Pension contributions", "养老金缴费"),
    "benefits": ("bn", "Pensions", "养老金支出"),
    "balance": ("bn", "Pension balance", "养老金收支差额"),
    "balance_change": ("bn", "Pension balance, change since the base year", "养老金收支差额较基年变化"),
    "income": ("bn", "Real income of factors, at consumer prices", "要素实际收入（按消费价格）"),
    "care": ("persons", "People who need care", "需要照料者"),
    "primary": ("places", "Places in primary school", "小学学位"),
    "junior": ("places", "Places in junior secondary school", "初中学位"),
    "senior": ("places", "Places in senior secondary school", "高中阶段学位"),
    "beds": ("beds", "Hospital beds", "医院床位"),
}
#: What is made of sums.
RATIOS = {
    "young_ratio": ("%", "Young per 100 of working age", "少儿抚养比"),
    "old_ratio": ("%", "Old per 100 of working age", "老年抚养比"),
    "total_ratio": ("%", "Young and old per 100 of working age", "总抚养比"),
    "balancing_rate": ("%", "Contribution rate that balances pensions", "收支平衡所需缴费率"),
    "balance_points": (
        "points",
        "Pension balance in output, change since the base year",
        "养老金差额占增加值比重的变化",
    ),
}


def aged(people: xr.DataArray, wages: xr.DataArray, income: xr.DataArray, nation: str) -> xr.Dataset:
    """(E1-E5) What the ages of a path mean for its places.

    Args:
        people: persons [year, region, sex, age], single years of age to 100 and more; the base year first.
        wages: labour income [year, region], billions at base-year prices.
        income: of all factors [year, region], deflated as wages are.
        nation: three letters (ISO 3166) of the nation whose rules hold.

    Returns:
        ``AMOUNTS`` and ``RATIOS`` [year, region], with the coordinates of ``people``.

    Raises:
        InputError: no rules are known for the nation.
    """
    ages, of = Ages(1), lambda rule: rules.by_age(nation, rule, Ages(1))
    number = lambda rule: rules.number(nation, rule)  # noqa: E731
    persons = people.transpose("year", "region", "sex", "age").values
    years, places = persons.shape[:2]
    each = jnp.asarray(persons)[..., None]
    flat = each.reshape(years * places, *each.shape[2:])
    back = lambda x: np.asarray(x).reshape(years, places, *x.shape[1:])  # noqa: E731

    retire = retirement(nation, people["year"].values)
    part = jnp.asarray(of("participation"))
    later = jax.vmap(lambda more: ageing.later(part, ages, more))(retire - retire[0])
    force = back(ageing.labour_force(flat, part).sum(axis=(1, 2, 3)))
    later_force = np.einsum("trsa,tsa->tr", persons, np.asarray(later))
    retired = np.asarray(jax.vmap(lambda p, r: ageing.retired(p, r, ages))(each, retire))
    earned = wages.transpose("year", "region").values
    paid = ageing.budget(pension(nation, retire[0]), jnp.asarray(force), jnp.asarray(retired), earned / force)
    stages = [
        ageing.Stage(r.first, r.end, r.value)
        for r in (next(r for r in rules.rules(nation) if r.rule == f"stage_{s}") for s in STAGES)
    ]
    school = back(ageing.places(flat, stages, ages))
    balance = np.asarray(paid.balance)
    count = persons.sum(axis=2)
    found = {
        "force": force,
        "later_force": later_force,
        "young": count @ ages.between(0, 15),
        "middle": count @ ages.between(15, 65),
        "old": count @ ages.between(65),
        "retired": retired,
        "contributions": np.asarray(paid.contributions),
        "benefits": np.asarray(paid.benefits),
        "balance": balance,
        "balance_change": balance - balance[:1],
        "income": income.transpose("year", "region").values,
        "care": back(ageing.care(flat, jnp.asarray(of("care")))),
        **{stage: school[:, :, k] for k, stage in enumerate(STAGES)},
        "beds": back(ageing.beds(flat, jnp.asarray(of("bed_days")), number("occupancy"))),
    }
    at = {k: v for k, v in people.coords.items() if set(v.dims) <= {"year", "region"}}
    return _with_ratios(found, at, ("year", "region"), nation)


def together(found: xr.Dataset, member: xr.DataArray | np.ndarray, name: str, nation: str) -> xr.Dataset:
    """Sums over places, and the ratios of these sums.

    Args:
        found: what `aged` returned.
        member: the set each place belongs to [region]; places of the set '' are left out.
        name: of the new dimension.
        nation: as for `aged`.

    Returns:
        ``AMOUNTS`` and ``RATIOS`` [year, name].
    """
    of = np.asarray(member).astype(str)
    sets = sorted(set(of) - {""})
    at = np.array([of == s for s in sets], float)
    sums = {k: found[k].transpose("year", "region").values @ at.T for k in AMOUNTS}
    return _with_ratios(sums, {"year": found["year"].values, name: sets}, ("year", name), nation)


def retirement(nation: str, years: np.ndarray) -> jax.Array:
    """Retirement age of women and men in each year [T, S]."""
    before, after = (
        jnp.array([rules.number(nation, f"retirement_age_{when}", sex) for sex in SEXES])
        for when in ("before", "after")
    )
    begins, takes = rules.number(nation, "retirement_rise_begins"), rules.number(nation, "retirement_rise_years")
    return jax.vmap(lambda year: ageing.retirement_age(year, before, after, begins, takes))(jnp.asarray(years, float))


def pension(nation: str, retire: jax.Array) -> ageing.Pension:
    """The nation's rules of pensions, with retirement ages [S]."""
    number = lambda rule: rules.number(nation, rule)  # noqa: E731
    return ageing.Pension(
        rate=number("contribution_employer") + number("contribution_employee"),
        covered=number("covered"),
        compliance=number("compliance"),
        replacement=number("replacement"),
        entitled=number("entitled"),
        retire=retire,
    )


def _with_ratios(found: dict[str, np.ndarray], at: dict, dims: tuple[str, str], nation: str) -> xr.Dataset:
    import xarray as xr

    middle, share = found["middle"], found["balance"] / found["income"]
    rate = rules.number(nation, "contribution_employer") + rules.number(nation, "contribution_employee")
    found = found | {
        "young_ratio": 100 * found["young"] / middle,
        "old_ratio": 100 * found["old"] / middle,
        "total_ratio": 100 * (found["young"] + found["old"]) / middle,
        "balancing_rate": 100 * rate * found["benefits"] / found["contributions"],
        "balance_points": 100 * (share - share[:1]),
    }
    told = AMOUNTS | RATIOS
    about = {k: {"unit": told[k][0], "long_name": told[k][1], "long_name_zh": told[k][2]} for k in found}
    return xr.Dataset({k: (dims, v, about[k]) for k, v in found.items()}, at)


def by_set(path: Path) -> dict[str, xr.Dataset]:
    """`aged` of a path summed to provinces, and to the cluster and the nation (``of``)."""
    import xarray as xr

    from citybelt.worlds.tables import definition

    nation = definition(path.world)["home"]
    inside = np.where(path.cluster > 0, "cluster", "")
    parts = [together(path.aged, m, "of", nation) for m in (inside, np.full(len(inside), "nation"))]
    return {
        "province": together(path.aged, path.x["province"], "province", nation),
        "of": xr.concat(parts, "of"),
    }


def plain(path: Path) -> dict[str, Any]:
    """`aged` of a path by region, by province, of the cluster and of the nation: lists by year."""
    sums = by_set(path)
    lists = lambda found, dim: {k: found[k].transpose("year", dim).values for k in found}  # noqa: E731
    return {
        "units": {k: unit for k, (unit, _, _) in (AMOUNTS | RATIOS).items()},
        "provinces": sums["province"]["province"].values,
        "by_region": lists(path.aged, "region"),
        "by_province": lists(sums["province"], "province"),
        "totals": {of: {k: v.sel(of=of).values for k, v in sums["of"].items()} for of in ("cluster", "nation")},
    }
