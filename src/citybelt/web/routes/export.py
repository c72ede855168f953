"""Files of an answer: brief for people, tables for programs, a layer for a map."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from citybelt.web import answers, limits
from citybelt.web.bench import Bench
from citybelt.web.routes.records import attached
from citybelt.web.schema import Asked, Name, Note
from citybelt.web.shop import Here, Who
from citybelt.web.turns import Busy

router = APIRouter(tags=["export"])

KINDS = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "csv": "text/csv; charset=utf-8",
}


class AskedFile(Asked):
    """An answer as a file."""

    name: Name = "Scenario"
    note: Note = ""
    format: Literal["pdf", "html", "docx", "xlsx", "gpkg", "csv"] = "xlsx"
    lang: Literal["en", "zh"] = "en"


@router.post("/export", responses={200: {"content": {kind: {} for kind in KINDS.values()}}})
async def export(request: Request, shop: Here, who: Who, asked: AskedFile) -> Response:
    """The answer to a change as a file."""
    answer = await shop.turns.run(request, who, lambda: answers.exact(shop.bench, asked.change, who))
    drawing: asyncio.Lock = shop.once("drawing", asyncio.Lock)
    waiting = shop.held.setdefault("drawings", [])
    if len(waiting) >= limits.EXPORTS:
        raise Busy("too many files are being written. Try again in a few seconds.", 503)
    if waiting.count(who) >= limits.EXPORTS_PER_SESSION:
        raise Busy("this session waits for as many files as it may. Try again in a few seconds.", 429)
    waiting.append(who)
    try:
        async with drawing:  # the library that draws maps does one thing at a time
            body = await asyncio.to_thread(_written, shop.bench, asked, answer)
    finally:
        waiting.remove(who)
    return Response(body, media_type=KINDS[asked.format], headers=attached(asked.name, asked.format))


def _written(bench: Bench, asked: AskedFile, answer: dict[str, Any]) -> bytes:
    from citybelt.web.export import brief, geopackage, tables
    from citybelt.web.export.content import content

    c = content(bench, asked.change, answer, asked.name, asked.note, asked.lang)
    match asked.format:
        case "csv":
            return tables.to_csv(c)
        case "xlsx":
            return tables.to_xlsx(c)
        case "gpkg":
            return geopackage.to_gpkg(c)
        case "html":
            return brief.to_html(bench, c)
        case "docx":
            return brief.to_docx(bench, c)
        case _:
            return brief.to_pdf(bench, c)
