"""The first page of a path: four figures and five answers."""

from __future__ import annotations

from citybelt.report.document import Answer, Section, Stat, Stats
from citybelt.report.pages.output_years import beside, levers_text, old_share, peak_text
from citybelt.report.text import Language
from citybelt.report.years import OLD, Years, growth, peak


def front_years(y: Years, L: Language) -> Section:
    """The whole path on one page."""
    people, old = y.total("cluster", "people"), y.total("cluster", "old")
    output = y.total("cluster", "output")
    head, head_nation = output / people, y.total("nation", "output") / y.total("nation", "people")
    top = peak(y.years, y.total("cluster", "co2"))
    stats = Stats(
        (
            Stat(
                L.scaled(float(people[-1])), L("time.stat_people", year=y.last),
                L("time.stat_from", value=L.scaled(float(people[0])), year=y.first),
            ),
            Stat(
                L.percent(100 * old[-1] / people[-1]), L("time.stat_old", age=OLD, year=y.last),
                L("time.stat_from", value=L.percent(100 * old[0] / people[0]), year=y.first),
            ),
            Stat(
                L.percent(growth(head), signed=True), L("time.stat_head"),
                L("time.stat_nation", value=L.percent(growth(head_nation), signed=True)),
            ),
            Stat(str(top) if top else L("time.stat_no_peak"), L("time.stat_peak"), _nations_peak(y, L)),
        )
    )  # fmt: skip
    answers = [
        Answer(L("time.q_people"), L.sentences(people_text(y, L), band_text(y, L, "people"))),
        Answer(L("time.q_old"), _old(y, L)),
        Answer(L("time.q_output"), L.sentences(_output(y, L), band_text(y, L, "output"))),
        Answer(L("time.q_carbon"), L.sentences(peak_text(y, L, "cluster"), band_text(y, L, "co2"))),
    ]
    if y.levers:
        answers.append(Answer(L("time.q_levers"), levers_text(y, L)))
    answers.append(Answer(L("time.q_sure"), L("time.a_sure")))
    return Section("short", L("front.short"), [stats, *answers], kind="front")


def people_text(y: Years, L: Language) -> str:
    """How many people there are, and why they change."""
    p = y.total("cluster", "people")
    nation = y.total("nation", "people")
    totals = y.path.totals["cluster"].iloc[1:].sum()
    middle = [t for t in y.shown[1:-1]]
    via = L("time.via", year=middle[0], people=L.people(y.at("cluster", "people", middle[0]))) if middle else ""
    return L(
        "time.a_people", place=y.name(L, "cluster"), first=y.first, last=y.last, start=L.people(float(p[0])), via=via,
        end=L.people(float(p[-1])), change=L.percent(100 * float(p[-1] / p[0] - 1), signed=True),
        natural=L.scaled(float(totals["births"] - totals["deaths"]), signed=True),
        home=L.scaled(float(totals["came"] - totals["left"]), signed=True),
        abroad=L.scaled(float(totals["abroad"]), signed=True),
        nation=L.percent(100 * float(nation[-1] / nation[0] - 1), signed=True),
    )  # fmt: skip


def band_text(y: Years, L: Language, quantity: str) -> str:
    """Where the draws of a total of the cluster lie in the last year; "" without bands."""
    ends = y.band("cluster", quantity)
    if ends is None:
        return ""
    write = {"people": L.people, "output": L.money, "co2": lambda v: L("time.tonnes", number=L.scaled(1e6 * v))}[
        quantity
    ]
    low, high = (write(float(end[-1])) for end in ends)
    return L("time.a_band", last=y.last, draws=y.draws, low=low, high=high)


def _old(y: Years, L: Language) -> str:
    share, workers = old_share(y, "cluster"), beside(y, "cluster")
    return L(
        "time.old_text", place=y.name(L, "cluster"), age=OLD, first=y.first, last=y.last, share0=L.percent(share[0]),
        share1=L.percent(share[-1]), beside0=L.number(workers[0]), beside1=L.number(workers[-1]),
    )  # fmt: skip


def _output(y: Years, L: Language) -> str:
    a = y.total("cluster", "output")
    share = 100 * a / y.total("nation", "output")
    return L(
        "time.a_output", place=y.name(L, "cluster"), first=y.first, last=y.last,
        growth=L.percent(growth(a), signed=True), head=L.percent(growth(a / y.total("cluster", "people")), signed=True),
        capital=L.number(float(y.total("cluster", "capital")[-1] / y.total("cluster", "capital")[0])),
        share0=L.percent(share[0]), share1=L.percent(share[-1]),
    )  # fmt: skip


def _nations_peak(y: Years, L: Language) -> str:
    at = peak(y.years, y.total("nation", "co2"))
    return L("time.stat_nation_peak", year=at) if at else L("time.stat_nation_none")
