"""What the plan says in sentences, and names and rows that several chapters look up."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from citybelt.geo import polygons
from citybelt.report.inputs import Cities, Inputs, band
from citybelt.report.text import Language, is_number

NATION = "000000"
#: A reform is worth about as much as a project if what they add differs by less than this share of the larger.
NEAR = 0.3


def place(inp: Inputs, L: Language) -> str:
    """The name of the planned cluster."""
    return L.word("cluster", inp.cluster)


def name(inp: Cities, L: Language, region: str) -> str:
    """The name of a region, province, cluster or the nation."""
    region = str(region)
    if L.has(f"cluster.{region}"):
        return L(f"cluster.{region}")
    if region in inp.regions.index:
        return str(inp.regions.loc[region, f"name_{L.code}"])
    return polygons.names(L.code).get(region, region)


def names(inp: Inputs, L: Language, regions: Sequence[str], most: int = 3) -> str:
    """A list of region names, cut after ``most`` with the number of the others."""
    regions = list(regions)
    shown = [name(inp, L, r) for r in regions[:most]]
    rest = len(regions) - most
    if rest > 0:
        return L("list.more", names=("、" if L.code == "zh" else ", ").join(shown), n=rest, all=len(regions))
    return L.join(shown)


def row_of(table: pd.DataFrame, region: str) -> pd.Series | None:
    """The row of a region, or None."""
    if "region" not in table.columns:
        return None
    found = table[table["region"].astype(str) == region]
    return found.iloc[0] if len(found) else None


def of_cities(inp: Inputs, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the planned cities, in their order."""
    if "region" not in table.columns:
        return table.iloc[0:0]
    return table[table["region"].astype(str).isin(inp.cities)]


def answer(inp: Inputs, L: Language, key: str) -> str:
    """The diagnosis's own paragraph on a question: why, people, industries, openness or services."""
    return inp.diagnosis.answers(L.code).get(key, "")


def lever_names(L: Language, levers: pd.DataFrame) -> str:
    """Names of levers in a row; they begin with capitals in English, so semicolons keep them apart."""
    listed = [L.of(r, "name", str(r["name"])) for _, r in levers.iterrows()]
    return "; ".join(listed) if L.code == "en" else L.join(listed)


def listed(texts: Sequence[str], L: Language) -> str:
    """Texts that may hold commas, kept apart by semicolons in English, the first letter large."""
    return L.capital("; ".join(texts)) if L.code == "en" else "；".join(texts)


def at_bound(lever: pd.Series) -> bool:
    """Whether the plan uses a lever up to its upper bound, so that more money cannot enlarge it."""
    return is_number(lever.get("upper")) and bool(lever["value"] >= 0.999 * lever["upper"])


def gain_text(value: float, L: Language) -> str:
    """Million yuan a year as words."""
    return L.money(value / 1000, signed=value < 0) if is_number(value) else L.money(None)


def reforms(inp: Inputs, L: Language) -> str:
    """Which reform is worth as much as which project: nearest in welfare among the levers of the plan."""
    levers = inp.table("plan", "levers")
    said = []
    if "kind" not in levers:
        levers = levers.assign(kind="")
    if "contribution" in levers:
        chosen = levers[(levers["status"] == "chosen") & levers["contribution"].notna()]
        pairs = [
            (abs(a["contribution"] - b["contribution"]) / max(a["contribution"], b["contribution"]), a, b)
            for _, a in chosen[chosen["kind"] == "reform"].iterrows()
            for _, b in chosen[chosen["kind"] == "project"].iterrows()
            if min(a["contribution"], b["contribution"]) > 0
        ]
        near = [p for p in pairs if p[0] < NEAR]
        used: set[str] = set()
        for _, reform, project in sorted(near, key=lambda p: p[0]):
            if len(used) >= 4 or reform["name"] in used or project["name"] in used:
                continue
            used |= {reform["name"], project["name"]}
            said.append(
                L(
                    "reforms.equal",
                    reform=L.of(reform, "name"),
                    project=L.of(project, "name"),
                    a=L.percent(reform["contribution"], signed=True),
                    b=L.percent(project["contribution"], signed=True),
                    cost_a=L.money(reform["cost"]),
                    cost_b=L.money(project["cost"]),
                )
            )
    full = levers[levers.apply(at_bound, axis=1) & (levers["kind"] == "reform") & (levers["status"] == "chosen")]
    if len(full):
        said.append(L("reforms.bound", names=lever_names(L, full)))
    open_ = levers[(levers["status"] != "if") & ~levers.apply(at_bound, axis=1) & (levers["marginal_gain"] > 0)]
    ranked = open_.sort_values("marginal_gain", ascending=False)
    best = [ranked[ranked["kind"] == k].head(1) for k in ("reform", "project")]
    if all(len(b) for b in best):
        a, b = best[0].iloc[0], best[1].iloc[0]
        said.append(
            L(
                "reforms.margin",
                reform=L.of(a, "name"),
                a=gain_text(a["marginal_gain"], L),
                project=L.of(b, "name"),
                b=gain_text(b["marginal_gain"], L),
            )
        )
    elif len(ranked):
        a = ranked.iloc[0]
        said.append(L("reforms.one", lever=L.of(a, "name"), a=gain_text(a["marginal_gain"], L)))
    if (levers["status"] == "if").any():
        said.append(L("reforms.if", names=lever_names(L, levers[levers["status"] == "if"].head(4))))
    return L.sentences(*said)


def plan_does(inp: Inputs, L: Language) -> str:
    """What the plan buys and what it changes."""
    plan, levers = inp.plan, inp.table("plan", "levers")
    chosen = levers[levers["status"] == "chosen"].sort_values("cost", ascending=False)
    return L.sentences(
        L(
            "plan.do",
            spent=L.money(chosen["cost"].sum()),
            share=L.percent(spent_share(inp)),
            n=len(chosen),
            all=len(levers),
            names=lever_names(L, chosen.head(3)),
        ),
        L(
            "plan.gain",
            place=place(inp, L),
            own=L.with_band(plan.welfare_change, *band(plan, "welfare_change")),
            nation=L.with_band(plan.welfare_change_nation, *band(plan, "welfare_change_nation")),
        ),
    )


def spent_share(inp: Inputs) -> float | None:
    """What the plan spends as percent of the cluster's GDP, from the budget and its share."""
    budget = inp.plan.budget
    levers = inp.table("plan", "levers")
    spent = levers.loc[levers["status"] == "chosen", "cost"].sum()
    total, share = budget.get("total"), budget.get("share_of_gdp")
    return spent / total * share if is_number(total) and total and is_number(share) else None


def winners(inp: Inputs) -> tuple[list[str], list[str]]:
    """Cities that gain and that lose, those with the largest changes first."""
    table = of_cities(inp, inp.table("plan", "by_region")).sort_values("welfare")
    lose = [str(r) for r in table.loc[table["welfare"] < 0, "region"]]
    gain = [str(r) for r in table.loc[table["welfare"] >= 0, "region"][::-1]]
    return gain, lose


def plan_for_whom(inp: Inputs, L: Language) -> str:
    """Who gains, who loses and who pays."""
    gain, lose = winners(inp)
    total = len(gain) + len(lose)
    if lose:
        first = L(
            "plan.winners",
            n=len(gain),
            all=total,
            best=names(inp, L, gain[:3]),
            losers=names(inp, L, lose, 4),
        )
    else:
        first = L("plan.winners_all", all=total, best=names(inp, L, gain[:3]))
    paid = payers(inp)
    spent = sum(paid.values())
    listed = [
        L("plan.payer", payer=L.word("payer_from", p), share=L.percent(100 * v / spent))
        for p, v in paid.items()
        if v > 0
    ]
    return L.sentences(unsettled(inp, L), first, L("plan.payers", payers=L.join(listed)) if listed else "")


def unsettled(inp: Inputs, L: Language) -> str:
    """Where the band holds zero: that the sign is not settled, and in how many draws the plan gains."""
    low, high = band(inp.plan, "welfare_change")
    drawn = inp.table("plan", "draw_table")
    if not low < 0 < high or "welfare_change" not in drawn or not len(drawn):
        return ""
    return L("plan.unsettled", share=L.percent(100 * float((drawn["welfare_change"] > 0).mean())), draws=len(drawn))


def payers(inp: Inputs) -> dict[str, float]:
    """Cost of the chosen levers by payer, bn CNY a year, largest first."""
    total: dict[str, float] = {}
    for _, row in inp.table("plan", "levers").iterrows():
        if row["status"] == "chosen":
            for who, amount in cost_by_payer(row).items():
                total[who] = total.get(who, 0.0) + amount
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def cost_by_payer(lever: pd.Series) -> dict[str, float]:
    """A lever's cost by payer (bn CNY a year), from the shares of its payers; one payer pays all without them."""
    return {p: float(share * lever["cost"]) for p, share in payer_shares(lever).items() if share * lever["cost"]}


def payer_shares(lever: pd.Series) -> dict[str, float]:
    """The shares of a lever's payers, largest first; one payer pays all where no shares are given."""
    shares = lever.get("payers")
    if not isinstance(shares, dict):
        return {str(lever["payer"]): 1.0}
    return dict(sorted(((str(p), float(v)) for p, v in shares.items() if v), key=lambda item: -item[1]))


def shadow(inp: Inputs, limit: str) -> float | None:
    """The shadow price of a limit of the plan, None where it isn't given."""
    table = inp.table("plan", "shadow_prices")
    found = table.loc[table["name"] == limit, "value"]
    return float(found.iloc[0]) if len(found) else None


def limit_name(inp: Inputs, L: Language, row: pd.Series) -> str:
    """A limit in words: "budget", or "people:210000" as the floor on people of that province."""
    kind, _, region = str(row["name"]).partition(":")
    if L.has(f"shadow.{kind}"):
        return L(f"shadow.{kind}", region=name(inp, L, region))
    return L.of(row, "label", str(row["name"]))


def shadow_sentence(L: Language, row: pd.Series, label: str) -> str:
    """What relaxing a limit would bring: 100 million more of the budget, one per cent less of a floor."""
    if str(row["name"]) == "budget":
        return L("plan.shadow_budget", label=label, value=L.money(row["value"] * 0.1))
    return L("plan.shadow_floor", label=label, value=L.money(row["value"]))
