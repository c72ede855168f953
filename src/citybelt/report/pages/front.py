"""The first page: four figures and five answers."""

from __future__ import annotations

from citybelt.report import findings
from citybelt.report.document import Answer, Bullets, Column, Heading, Row, Section, Stat, Stats, Table
from citybelt.report.inputs import Inputs, band
from citybelt.report.text import Language, is_number


def front(inp: Inputs, L: Language) -> Section:
    """The whole report on one page."""
    place = findings.place(inp, L)
    plan = inp.plan
    gain, lose = findings.winners(inp)
    spent = sum(findings.payers(inp).values())
    share = findings.spent_share(inp)
    stats = Stats(
        (
            Stat(L.percent(plan.welfare_change, signed=True), L("front.welfare", place=place), _band(inp, L, "")),
            Stat(L.percent(plan.welfare_change_nation, signed=True), L("front.nation"), _band(inp, L, "_nation")),
            Stat(
                L.amount(spent),
                L("front.spent"),
                L("front.spent_share", share=L.percent(share)) if is_number(share) else "",
            ),
            Stat(
                L("front.winners_value", n=len(gain), all=len(gain) + len(lose)),
                L("front.winners"),
                L("front.losers_detail", n=len(lose)),
            ),
        )
    )
    answers = [
        Answer(L("q.lag", place=place), findings.answer(inp, L, "why")),
        Answer(L("q.people"), findings.answer(inp, L, "people")),
        Answer(L("q.industries"), findings.answer(inp, L, "industries")),
        Answer(L("q.reforms"), findings.reforms(inp, L)),
        Answer(L("q.plan"), L.sentences(findings.plan_does(inp, L), findings.plan_for_whom(inp, L))),
    ]
    return Section("short", L("front.short"), [stats, *answers], kind="front")


def guide(L: Language) -> Section:
    """How to read the report: the words that every chapter uses."""
    terms = ("welfare", "band", "draws", "if", "shadow", "closure", "grades", "objective")
    rows = [Row([f"**{L(f'term.{t}')}**", L(f"term.{t}_text")]) for t in terms]
    columns = [Column(L("guide.term"), width=1), Column(L("guide.meaning"), width=4)]
    made = Bullets([L(f"guide.{step}") for step in ("accounts", "equilibrium", "levers", "plan", "draws")])
    return Section("guide", L("guide.title"), [Table(columns, rows), Heading(L("guide.made")), made], kind="guide")


def _band(inp: Inputs, L: Language, suffix: str) -> str:
    low, high = band(inp.plan, "welfare_change" + suffix)
    if not (is_number(low) and is_number(high)):
        return L("front.noband")
    value = getattr(inp.plan, "welfare_change" + suffix)
    return L("front.band", level=80, range=L.range(low, high, value))
