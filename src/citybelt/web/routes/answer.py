"""Questions about a change: exact and previewed answers, why, flows, differences."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import Response

from citybelt.errors import NotSolvedError
from citybelt.web import answers, words
from citybelt.web.bench import Bench
from citybelt.web.routes.world import tagged
from citybelt.web.schema import Asked, AskedDifference, AskedFlows, AskedWhy, Change
from citybelt.web.securities import Securities
from citybelt.web.shop import Here, Plain, Shop, Who
from citybelt.web.why import rows_of, why

router = APIRouter(tags=["answers"])


@router.post("/exact", response_class=Plain)
async def exact(request: Request, shop: Here, who: Who, asked: Asked) -> Any:
    """The equilibrium of a change, read."""
    return Plain(await shop.turns.run(request, who, lambda: _exact(shop, asked.change, who)))


def _exact(shop: Shop, change: Change, who: str) -> dict[str, Any]:
    return answers.exact(shop.bench, change, who, shop.previews.made)


@router.post("/preview", response_class=Plain)
async def preview(request: Request, shop: Here, who: Who, asked: Asked) -> Any:
    """The same from stored derivatives, with its error; for the default assumptions only."""
    change = asked.change
    made = shop.previews.made
    if made is None or change.closure or change.elasticities or change.vintage not in ("", shop.bench.vintage):
        shop.bench.scenario(change)  # a mistake in it is told first
        raise NotSolvedError("No derivatives are stored for these assumptions; ask for the exact answer.")
    return Plain(await shop.turns.run(request, who, lambda: answers.previewed(shop.bench, made, change)))


@router.get("/preview/state")
def preview_state(shop: Here) -> dict[str, Any]:
    """Whether derivatives are stored, or how far their making has come."""
    return shop.previews.told()


@router.get("/preview.bin", responses={200: {"content": {"application/octet-stream": {}}}})
def preview_file(request: Request, shop: Here) -> Response:
    """The stored derivatives, for previews in the browser."""
    body = shop.previews.blob()
    if body is None:
        raise HTTPException(404, "no derivatives are stored yet")
    return tagged(request, body, "application/octet-stream")


@router.post("/why", response_class=Plain)
async def explain(request: Request, shop: Here, who: Who, asked: AskedWhy) -> Any:
    """What moved an outcome: levers, equation, and rows of data with their grades."""
    return Plain(
        await shop.turns.run(
            request, who, lambda: why(shop.bench, asked.change, asked.outcome, asked.of, who), long=True
        )
    )


@router.get("/source/{variable}", response_class=Plain)
def source(
    shop: Here,
    variable: Annotated[str, Path(max_length=80)],
    region: Annotated[str, Query(max_length=40)] = "",
) -> Any:
    """Rows of data of a variable, with grades and citations, and what was filled in."""
    bench = shop.bench
    rows = rows_of(bench, variable, region)
    fills = bench.dataset.fills
    filled = fills[fills["variable"] == variable].to_dict("records")
    if not rows and not filled:
        raise HTTPException(404, f"there is no variable {variable!r} for this place")
    return Plain({"variable": variable, "region": region, "rows": rows, "fills": filled})


@router.post("/flows", response_class=Plain)
async def flows(request: Request, shop: Here, who: Who, asked: AskedFlows) -> Any:
    """The largest flows between places, or their changes."""
    return Plain(await shop.turns.run(request, who, lambda: _flows(shop.bench, asked, who)))


def _flows(bench: Bench, asked: AskedFlows, who: str) -> dict[str, Any]:
    from citybelt.errors import InputError, Problem
    from citybelt.scenario import movements

    _, look, _ = bench.look(asked.change, who)
    e = look.economy
    names = e.home if asked.of == "people" else e.regions
    problems = []
    if asked.region is not None and asked.region not in names:
        problems.append(Problem("region", f"there is no place {asked.region!r}.", "Give an id of the world."))
    if asked.sector is not None and asked.sector not in e.sectors:
        problems.append(Problem("sector", f"there is no sector {asked.sector!r}.", f"One of: {', '.join(e.sectors)}."))
    if problems:
        raise InputError(problems)
    place = None if asked.region is None else names.index(asked.region)
    _, base, _ = bench.desk_of(asked.change.vintage).at(look.scenario)
    if asked.of == "people":
        then, now = (movements.people(e, s) for s in (base, look.solution))
    else:
        sector = None if asked.sector is None else e.sectors.index(asked.sector)
        then, now = (movements.sales(e, s, sector) for s in (base, look.solution))
    changed = bool(look.scenario.levers)
    rows = movements.largest(then, now, asked.top, place, changed)
    unit = "persons" if asked.of == "people" else "bn_cny"
    return {
        "of": asked.of, "unit": unit, "unit_name": words.UNITS[unit],
        "flows": [{"from": names[i], "to": names[j], "base": b, "now": n, "change": n - b} for i, j, b, n in rows],
    }  # fmt: skip


@router.post("/securities", response_class=Plain)
async def securities(request: Request, shop: Here, who: Who, asked: Asked) -> Any:
    """The five securities at a glance; the first question has them unfolded, which takes some seconds."""
    held: Securities = shop.once("securities", lambda: Securities(shop.bench))
    if held.state != "ready":
        await asyncio.to_thread(shop.bench.scenario, asked.change)
        held.begin()
        return Plain({"state": held.state, "securities": []}, status_code=202)
    return Plain(await shop.turns.run(request, who, lambda: held.glance(asked.change)))


@router.post("/difference", response_class=Plain)
async def difference(request: Request, shop: Here, who: Who, asked: AskedDifference) -> Any:
    """Two changes beside each other: what they set differently, and both answers."""
    return Plain(await shop.turns.run(request, who, lambda: _difference(shop.bench, asked.a, asked.b, who)))


def _difference(bench: Bench, a: Change, b: Change, who: str) -> dict[str, Any]:
    from citybelt.scenario.scenario import diff

    table = diff(bench.scenario(a), bench.scenario(b))
    names = {lever.id: words.both(lever.card.name, lever.card.name_zh) for lever in bench.desk.menu}
    names |= words.CLOSURE | words.ELASTICITY
    rows = [
        {"section": s, "key": k, "name": names.get(k, words.both(k, k)), "a": old, "b": new}
        for s, k, old, new in table.itertuples(index=False)
    ]
    return {"rows": rows, "answer_a": answers.exact(bench, a, who), "answer_b": answers.exact(bench, b, who)}
