"""Long work: ask for it, watch it, call it off, fetch what came of it."""

from __future__ import annotations

import asyncio
import mimetypes
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from citybelt.web import code, limits, plan_file
from citybelt.web.asked_jobs import JobAsked, PlanJob
from citybelt.web.bench import Bench
from citybelt.web.jobs import Job
from citybelt.web.schema import Id
from citybelt.web.shop import Here, Shop, Who
from citybelt.web.turns import Busy

router = APIRouter(tags=["jobs"])

Which = Annotated[Id, Path(description="of the job")]


@router.get("/jobs")
async def jobs(shop: Here, who: Who) -> dict[str, Any]:
    """The session's work, newest first."""
    return {"jobs": [j.told(shop.jobs.position(j)) for j in shop.jobs.of(who)]}


@router.post("/jobs", status_code=202)
async def begin(request: Request, shop: Here, who: Who, asked: JobAsked) -> dict[str, Any]:
    """Put work into the queue."""
    shop.jobs.room(who)
    told = asked.model_dump()
    if (change := getattr(asked, "change", None)) is not None:
        await asyncio.to_thread(shop.bench.scenario, change)  # a mistake is told now, not when its turn comes
        told["change"] = change.plain()
    if isinstance(asked, PlanJob):
        read = bool(asked.file or asked.projects)
        await shop.turns.run(request, who, lambda: _check_plan(shop.bench, told), long=read)
    job = shop.jobs.add(who, told, code.of_job(shop.bench, told))
    return job.told(shop.jobs.position(job))


def _check_plan(bench: Bench, told: dict[str, Any]) -> None:
    """Raise InputError with every mistake of what is asked of a plan."""
    from citybelt.web.parse import read_plan

    if told["file"] or told["projects"]:
        read_plan(told, bench.name, bench.options)
    else:
        plan_file.read(told, bench.dataset)


def _job(shop: Shop, who: str, id: str) -> Job:
    job = shop.jobs.get(who, id)
    if job is None:
        raise HTTPException(404, "this session has no such job")
    return job


@router.get("/jobs/{id}")
async def job(shop: Here, who: Who, id: Which) -> dict[str, Any]:
    """One piece of work."""
    found = _job(shop, who, id)
    return found.told(shop.jobs.position(found))


@router.delete("/jobs/{id}", status_code=204)
async def drop(shop: Here, who: Who, id: Which) -> Response:
    """Call work off, or forget what is done."""
    shop.jobs.drop(_job(shop, who, id))
    return Response(status_code=204)


@router.get("/jobs/{id}/events", responses={200: {"content": {"text/event-stream": {}}}})
async def events(shop: Here, who: Who, id: Which) -> StreamingResponse:
    """Progress until the end, as server-sent events."""
    if shop.jobs.streams[who] >= limits.STREAMS:
        raise Busy("this session watches as much as it may.", 429)
    return StreamingResponse(shop.jobs.watch(_job(shop, who, id)), media_type="text/event-stream")


@router.get("/jobs/{id}/result", responses={200: {"content": {"application/json": {}}}})
async def result(shop: Here, who: Who, id: Which) -> Response:
    """What came of it."""
    found = _job(shop, who, id)
    path = found.folder / "result.json"
    if found.state != "done" or not path.is_file():
        raise HTTPException(404, f"the job is {found.state} and has no result")
    return FileResponse(path, media_type="application/json")


@router.get("/jobs/{id}/files/{number}", responses={200: {"content": {"application/octet-stream": {}}}})
async def file(shop: Here, who: Who, id: Which, number: Annotated[int, Path(ge=0, le=50)]) -> Response:
    """A file that the work wrote."""
    found = _job(shop, who, id)
    if number >= len(found.files) or not (found.folder / found.files[number]).is_file():
        raise HTTPException(404, "the job has no such file")
    path = found.folder / found.files[number]
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return FileResponse(path, media_type=kind, filename=path.name)
