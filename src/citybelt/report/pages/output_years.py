"""What is produced through time: output, capital and technology; energy and CO2; old age; public money; levers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from citybelt.path.aged import STAGES
from citybelt.report import curves
from citybelt.report.curves import Line, Panel
from citybelt.report.document import Block, Bullets, Column, Figure, Grid, Heading, Para, Row, Section, Table
from citybelt.report.text import Language
from citybelt.report.years import OLD, SETS, Years, growth, peak


def output_years(y: Years, L: Language) -> list[Section]:
    """The chapters after those on people; those whose numbers the path lacks are left out."""
    return [output(y, L), carbon(y, L), old_age(y, L), levers(y, L)]


def output(y: Years, L: Language) -> Section:
    """Output, capital, labour and technology, the first year = 100."""
    a, b = (y.total("cluster", "output"), y.total("nation", "output"))
    text = L(
        "time.output_text", place=y.name(L, "cluster"), first=y.first, last=y.last,
        growth=L.percent(growth(a), signed=True), nation=L.percent(growth(b), signed=True),
        head=L.percent(growth(a / y.total("cluster", "people")), signed=True),
        head_nation=L.percent(growth(b / y.total("nation", "people")), signed=True),
    )  # fmt: skip
    chart = curves.curves(indices(y, L), level=100.0)
    return Section(
        "output",
        L("time.output_title"),
        [
            Para(text),
            Figure(
                chart,
                L("time.output_chart", year=y.first),
                L.sentences(L("time.output_note", year=y.first), banded(y, L)),
            ),
        ],
    )


def banded(y: Years, L: Language) -> str:
    """What the shades of a chart are; "" where there are none."""
    return L("time.band", draws=y.draws) if y.draws else ""


def indices(y: Years, L: Language) -> list[Panel]:
    """Output, output per head, capital, labour force, productivity and knowledge of cluster and nation."""
    years = y.years.astype(float)

    def level(of: str, key: str) -> np.ndarray:
        if key == "head":
            return y.total(of, "output") / y.total(of, "people")
        return np.exp(y.mean(of, key)) if key == "productivity" else y.total(of, key)

    def line(of: str, key: str) -> Line:
        values = level(of, key)
        return Line(y.name(L, of), 100 * values / values[0], *_per(y.band(of, key), values[0] / 100))

    keys = ("output", "head", "capital", "workers", "productivity", "knowledge")
    return [Panel(L(f"time.{key}"), years, [line(of, key) for of in SETS]) for key in keys]


def carbon(y: Years, L: Language) -> Section:
    """CO2 with the year of its peak, CO2 per output, energy by fuel and power by kind of plant."""
    charts = [*emissions(y, L), intensity(y, L)]
    blocks: list[Block] = [
        Para(L.sentences(*(part for of in SETS for part in (peak_text(y, L, of), peak_band(y, L, of))))),
        Figure(
            curves.curves(charts, zero=True), L("time.carbon_chart"), L.sentences(L("time.carbon_note"), banded(y, L))
        ),
        *energy(y, L),
    ]
    return Section("carbon", L("time.carbon_title"), blocks)


def emissions(y: Years, L: Language) -> list[Panel]:
    """CO2 of the cluster and of the nation with the year in which it is highest."""
    panels = []
    for of in SETS:
        values = y.total(of, "co2")
        at = peak(y.years, values)
        title = L("time.in_unit", what=y.name(L, of), unit=L("unit.megatonnes"))
        line = Line(y.name(L, of), values, *(y.band(of, "co2") or (None, None)))
        panels.append(Panel(title, y.years.astype(float), [line], {L("time.peak", year=at): float(at)} if at else {}))
    return panels


def intensity(y: Years, L: Language) -> Panel:
    """CO2 for each unit of output, the first year = 100."""
    ratio = {of: y.total(of, "co2") / y.total(of, "output") for of in SETS}
    lines = [Line(y.name(L, of), 100 * r / r[0], *_per(y.band(of, "intensity"), r[0] / 100)) for of, r in ratio.items()]
    return Panel(L("time.intensity", year=y.first), y.years.astype(float), lines)


def peak_text(y: Years, L: Language, of: str) -> str:
    """When emissions are highest."""
    values = y.total(of, "co2")
    at = peak(y.years, values)
    case = "peaks" if at else "rises" if values[-1] >= values[0] else "falls"
    tonnes = [L.scaled(1e6 * float(v)) for v in (values.max(), values[0], values[-1])]
    return L(
        f"time.co2_{case}", place=y.name(L, of), year=at or 0, most=tonnes[0], first=y.first, last=y.last,
        start=tonnes[1], end=tonnes[2],
    )  # fmt: skip


def peak_band(y: Years, L: Language, of: str) -> str:
    """Between which years the draws have the peak; "" without bands."""
    band = y.path.band
    if band is None:
        return ""
    low, high = (round(float(band.peak.sel(of=of, end=end))) for end in ("low", "high"))
    return L("time.peak_band", place=y.name(L, of), draws=y.draws, low=low, high=high)


def energy(y: Years, L: Language) -> list[Block]:
    """Layers of what is used by fuel and made by kind of plant, where the path tells them."""
    used, made = y.path.energy, y.path.power
    if used is None or made is None:
        return []
    share = 100 * made / made.sum("carrier")
    ends = {"": y.last, "0": y.first}
    told = {
        f"{name}{end}": L.percent(float(share.sel(year=year, carrier=carriers).sum()))
        for end, year in ends.items() for name, carriers in (("new", ["wind", "solar"]), ("coal", ["coal"]))
    }  # fmt: skip
    half = {of: curves.layers(y.years, fuels(y, L, of), width=82.5) for of in SETS}
    chart = curves.layers(y.years, carriers(y, L))
    pair = [[Figure(half[of], L("time.in_unit", what=y.name(L, of), unit="TWh"))] for of in SETS]
    return [
        Heading(L("time.energy_chart")), Para(L("time.mix_text", first=y.first, last=y.last, **told)),
        Grid(pair, (1, 1)), Figure(chart, L("time.power_chart")), *energy_bands(y, L),
    ]  # fmt: skip


def energy_bands(y: Years, L: Language) -> list[Block]:
    """Use by fuel and power by kind of plant in the last year with their bands, where there are any."""
    band = y.path.band
    if band is None or y.path.energy is None or y.path.power is None:
        return []
    parts = {
        L("time.fuels_of", place=y.name(L, "cluster")): (
            y.path.energy.sel(of="cluster"),
            band.energy.sel(of="cluster"),
        ),
        L("time.fuels_of", place=y.name(L, "nation")): (y.path.energy.sel(of="nation"), band.energy.sel(of="nation")),
        L("time.power_of"): (y.path.power, band.power),
    }
    rows: list[Row] = []
    for title, (central, ends) in parts.items():
        rows.append(Row([title], "group"))
        axis = str(central.dims[-1])
        for name in map(str, central[axis].values):
            of = central.sel({axis: name})
            last = [ends.sel({axis: name, "year": y.last, "end": end}) for end in ("low", "high")]
            cells = [of.sel(year=y.first), of.sel(year=y.last), *last]
            rows.append(
                Row([L.word("fuel" if axis == "fuel" else "carrier", name), *(L.fixed(float(v), 0) for v in cells)])
            )
    heads = ["", str(y.first), str(y.last), L("time.low"), L("time.high")]
    columns = [Column(heads[0], width=2), *(Column(head, "right", 1) for head in heads[1:])]
    return [Table(columns, rows, L("time.energy_table", last=y.last), banded(y, L), size="small")]


def fuels(y: Years, L: Language, of: str) -> dict[str, np.ndarray]:
    """[T] TWh by fuel, of the cluster or the nation."""
    assert y.path.energy is not None
    used = y.path.energy.sel(of=of).transpose("fuel", "year")
    return {L.word("fuel", str(name)): row for name, row in zip(used["fuel"].values, used.values, strict=True)}


def carriers(y: Years, L: Language) -> dict[str, np.ndarray]:
    """[T] TWh of power by kind of plant."""
    assert y.path.power is not None
    made = y.path.power.transpose("carrier", "year")
    return {L.word("carrier", str(name)): row for name, row in zip(made["carrier"].values, made.values, strict=True)}


def old_age(y: Years, L: Language) -> Section:
    """The old, pensions, care and schools; what governments owe."""
    text = L(
        "time.old_text", place=y.name(L, "cluster"), age=OLD, first=y.first, last=y.last,
        share0=L.percent(old_share(y, "cluster")[0]), share1=L.percent(old_share(y, "cluster")[-1]),
        beside0=L.number(beside(y, "cluster")[0]), beside1=L.number(beside(y, "cluster")[-1]),
    )  # fmt: skip
    needs = L(
        "time.needs_text", place=y.name(L, "cluster"), last=y.last, first=y.first,
        points=L.number(pension_points(y, "cluster")[-1], signed=True),
        care=L.number(need(y, "cluster", "care")[-1] / 100), school=L.number(need(y, "cluster", "school")[-1] / 100),
    )  # fmt: skip
    return Section(
        "old",
        L("time.old_title"),
        [
            Para(L.sentences(text, needs)),
            Figure(
                curves.curves(ageing(y, L)),
                L("time.old_chart"),
                L.sentences(L("time.old_note", year=y.first), banded(y, L)),
            ),
            *money(y, L),
        ],
    )


def _per(band: tuple[np.ndarray, np.ndarray] | None, first: float) -> tuple[np.ndarray | None, np.ndarray | None]:
    """A band in parts of the first year's value."""
    return (None, None) if band is None else (band[0] / first, band[1] / first)


def old_share(y: Years, of: str) -> np.ndarray:
    """[T] per cent of people who are old."""
    return 100 * y.total(of, "old") / y.total(of, "people")


def beside(y: Years, of: str) -> np.ndarray:
    """[T] people in the labour force for each of the old."""
    return y.total(of, "workers") / y.total(of, "old")


def pension_points(y: Years, of: str) -> np.ndarray:
    """[T] pension balance in per cent of value added, less that of the first year."""
    share = 100 * y.aged(of, "balance") / y.aged(of, "income")
    return share - share[0]


def need(y: Years, of: str, key: str) -> np.ndarray:
    """[T] those who need care, hospital beds, or places in school, the first year = 100."""
    parts = STAGES if key == "school" else (key,)
    sums = np.sum([y.aged(of, part) for part in parts], axis=0)
    return 100 * sums / sums[0]


def ageing(y: Years, L: Language) -> list[Panel]:
    """Shares, pensions and needs of cluster and nation."""
    years = y.years.astype(float)

    def shares(of: str) -> Line:
        return Line(y.name(L, of), old_share(y, of), *(y.band(of, "old_share") or (None, None)))

    def lines(made: Callable[[Years, str], np.ndarray], key: str) -> list[Line]:
        return [Line(y.name(L, of), made(y, of), *(y.band(of, key) or (None, None))) for of in SETS]

    def needed(key: str) -> list[Line]:
        parts = STAGES if key == "school" else (key,)
        first = {of: sum(y.aged(of, part)[0] for part in parts) / 100 for of in SETS}
        return [Line(y.name(L, of), need(y, of, key), *_per(y.band(of, key), first[of])) for of in SETS]

    needs = [Panel(L(f"time.{key}"), years, needed(key)) for key in ("care", "beds", "school")]
    return [
        Panel(L("time.old_share", age=OLD), years, [shares(of) for of in SETS]),
        Panel(L("time.old_beside", age=OLD), years, lines(beside, "beside")),
        Panel(L("time.pensions"), years, lines(pension_points, "pensions")),
        *needs,
    ]


def money(y: Years, L: Language) -> list[Block]:
    """What governments owe, where the path has it."""
    if not y.has("debt"):
        return []
    years = y.years.astype(float)
    owed = {of: 100 * y.total(of, "debt") / y.total(of, "income") for of in SETS}
    revenue = {of: 100 * y.total(of, "revenue") / y.total(of, "income") for of in SETS} if y.has("revenue") else {}

    def lines(shares: Mapping[str, np.ndarray], key: str) -> list[Line]:
        return [Line(y.name(L, of), shares[of], *(y.band(of, key) or (None, None))) for of in SETS]

    panels = [Panel(L("time.debt"), years, lines(owed, "debt_share"))]
    if revenue:
        panels.append(Panel(L("time.revenue"), years, lines(revenue, "revenue_share")))
    text = L(
        "time.debt_text", place=y.name(L, "cluster"), first=y.first, last=y.last,
        owed=L.percent(owed["cluster"][-1]), nation=L.percent(owed["nation"][-1]),
    )  # fmt: skip
    chart = curves.curves(panels, across=2, zero=True)
    blocks: list[Block] = [
        Para(text),
        Figure(chart, L("time.debt_chart"), L.sentences(L("time.debt_note"), banded(y, L))),
        budgets(y, L),
    ]
    return [Heading(L("time.debt_title")), *blocks]


def budgets(y: Years, L: Language) -> Table:
    """Budgets of the cluster's provinces, of cluster and nation in the last year, and as published for the first."""
    from citybelt.worlds import tables

    found, published = y.path.budgets["of"], y.path.budgets["published"]
    names = tables.units()[f"name_{L.code}"]
    provinces = sorted(set(published.loc[y.cities, "province"]))
    inside = {code: (published["province"] == code).to_numpy() for code in provinces}
    inside |= {"cluster": published.index.isin(y.cities), "nation": np.ones(len(published), bool)}
    rows = []
    for of, at in inside.items():
        held = published.loc[at, ["revenue", "transfers", "spending"]].sum()
        path = [found.loc[(of, y.first), "revenue"], *found.loc[(of, y.last), ["taxes", "grants", "services", "debt"]]]
        name = y.name(L, of) if of in SETS else str(names[of])
        rows.append(Row([name, *(L.fixed(float(v), 0) for v in (*held, *path))], "total" if of in SETS else ""))
    keys = ("held_revenue", "held_transfers", "held_spending", "received", "taxes", "grants", "services", "owed")
    columns = [Column("", width=2), *(Column(L(f"time.{k}", first=y.first, last=y.last), "right", 1) for k in keys)]
    return Table(columns, rows, L("time.budgets", first=y.first, last=y.last), L("time.budgets_note"), size="small")


def levers(y: Years, L: Language) -> Section:
    """What the scenario's levers change against the same years without them, and how sure all this is."""
    if not y.levers:
        return Section("sure", L("time.sure_title"), [sure(y, L)])
    chart = curves.curves(changes(y, L), across=2)
    blocks: list[Block] = [
        Para(levers_text(y, L)), Figure(chart, L("time.levers_chart"), banded(y, L)), gains(y, L),
        Heading(L("time.sure_title")),
        sure(y, L),
    ]  # fmt: skip
    return Section("levers", L("time.levers_title"), blocks)


def levers_text(y: Years, L: Language) -> str:
    """What they change in the last year, and what they cost."""
    return L(
        "time.levers_text", place=y.name(L, "cluster"), last=y.last, year=y.first,
        spent=L.money(float(y.total("nation", "spending").sum())),
        people=L.percent(y.at("cluster", "people_change", y.last), signed=True),
        output=L.percent(y.at("cluster", "output_change", y.last), signed=True),
        nation=L.percent(y.at("nation", "output_change", y.last), signed=True),
    )  # fmt: skip


def changes(y: Years, L: Language) -> list[Panel]:
    """Per cent of people and output against the path without levers."""

    def line(of: str, key: str) -> Line:
        return Line(y.name(L, of), y.total(of, key), *(y.band(of, key) or (None, None)))

    return [
        Panel(L(f"time.{key}_change"), y.years.astype(float), [line(of, f"{key}_change") for of in SETS])
        for key in ("people", "output")
    ]


def gains(y: Years, L: Language, few: int = 5) -> Table:
    """The cities in which levers change output most, and those in which they change it least."""
    change = {
        key: 100 * (y.place(key, y.last) / y.path.without[key].sel(year=y.last, region=y.cities).values - 1)
        for key in ("output", "people")
    }
    order = change["output"].sort_values(ascending=False, kind="stable").index
    rows: list[Row] = []
    few = min(few, len(order) // 2)
    for title, part in ((L("map.highest"), order[:few]), (L("map.lowest"), order[len(order) - few :])):
        rows.append(Row([title], "group"))
        rows += [Row([y.name(L, r), *(L.fixed(float(change[k][r]), 2, True) for k in change)]) for r in part]
    columns = [
        Column(L("col.city"), width=2), Column(L("time.output_change"), "right", 1),
        Column(L("time.people_change"), "right", 1),
    ]  # fmt: skip
    return Table(columns, rows, L("time.levers_table", last=y.last), size="small")


def sure(y: Years, L: Language) -> Bullets:
    """What a path is and isn't."""
    path = y.path
    expectations = L(f"time.expect_{path.expectations}", looks=path.looks)
    residual = f"{path.residual:.0e}".replace("-", "\N{MINUS SIGN}")
    bands = L("time.bands", draws=y.draws) if y.draws else L("time.no_bands")
    items: Sequence[str] = [
        L("time.sure_forecast"), L("time.sure_moves"), L("time.sure_births"), L("time.sure_growth"),
        expectations, bands, L("time.sure_solved", residual=residual),
    ]  # fmt: skip
    return Bullets(items)
