"""The application: routers and pages listed one by one, static files, failures in words, the guard around all.

A page that comes later is one file in ``pages`` and one line in ``PAGES``.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from citybelt import __version__
from citybelt.web import faults
from citybelt.web.bench import LARGE, Bench
from citybelt.web.guard import LOOPBACK, Guard
from citybelt.web.jobs import OWN, Jobs
from citybelt.web.pages import classroom, coverage, data, diagnosis, hindcast, ledger
from citybelt.web.previews import Previews
from citybelt.web.routes import answer, export, jobs, records, world
from citybelt.web.shop import Shop
from citybelt.web.store import Store
from citybelt.web.turns import Turns

#: Pages beside the map, in the order of the menu.
PAGES = (diagnosis, ledger, coverage, hindcast, data, classroom)
ROUTERS = (world.router, answer.router, records.router, jobs.router, export.router)

STATIC = Path(__file__).parent / "static"
FONTS = Path(__file__).parents[1] / "report" / "fonts"
FOREVER = "public, max-age=31536000, immutable"


async def make_preview(shop: Shop) -> None:
    """Make the stored derivatives in a process of its own, and use them once they are there."""
    previews, path = shop.previews, shop.previews.path
    if previews.state == "ready" or path is None or len(shop.bench.home) > LARGE:
        return  # of a whole country they would take many minutes and gigabytes
    job = shop.jobs.add(OWN, {"kind": "preview"}, {}, preview=str(path))
    previews.state = "building"
    while job.state not in ("done", "failed", "cancelled"):
        changed = job.changed
        previews.done, previews.total = job.done, job.total
        await changed.wait()
    if job.state != "done" or not await asyncio.to_thread(previews.read):
        previews.state = "failed"
    else:
        await asyncio.to_thread(previews.forget_old)


class _Assets(StaticFiles):
    """Built files, whose names change with their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = FOREVER
        return response


def make(
    bench: Bench,
    secret: bytes,
    token: str = "",
    hosts: Collection[str] = LOOPBACK,
    static: Path = STATIC,
    folder: Path | None = None,
    previews: bool = False,
) -> ASGIApp:
    """The application around a world.

    Args:
        bench: the world; secret: signs sessions; token: everybody needs it, '' on loopback; hosts: names that are
            answered; static: folder of the built page; folder: where drafts are kept, a temporary one if None;
            previews: make the stored derivatives where they are not there.
    """

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        with tempfile.TemporaryDirectory() as temporary:
            store = Store((folder or Path(temporary)) / bench.name)
            long_work = Jobs(store, bench.name, bench.options)
            app.state.shop = shop = Shop(bench, Previews(bench), Turns(), store, long_work, token)
            making = asyncio.create_task(make_preview(shop)) if previews else None
            yield
            if making:
                making.cancel()
            await long_work.close()
            shop.turns.close()

    app = FastAPI(
        title="citybelt workbench", version=__version__, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json", lifespan=life,
    )  # fmt: skip
    faults.add(app)
    for router in (*ROUTERS, *(page.router for page in PAGES)):
        app.include_router(router, prefix="/api")

    @app.get("/api/pages", tags=["pages"])
    def pages() -> dict[str, Any]:
        """The pages beside the map."""
        paths = {"classroom": "/api/classroom"}
        return {"pages": [{"id": p.ID, "title": p.TITLE, "path": paths.get(p.ID, f"/api/pages/{p.ID}")} for p in PAGES]}

    @app.get("/", include_in_schema=False)
    def first() -> Response:
        page = static / "index.html"
        if not page.is_file():
            return Response("The page is not built; see docs/workbench.md.", media_type="text/plain", status_code=503)
        return FileResponse(page, headers={"cache-control": "no-cache"})

    app.mount("/fonts", _Assets(directory=FONTS), name="fonts")
    if (static / "assets").is_dir():
        app.mount("/assets", _Assets(directory=static / "assets"), name="assets")
    return Guard(app, secret, token, hosts)
