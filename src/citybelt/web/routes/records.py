"""Drafts, scenarios, shared files and links. All of them belong to the session that made them."""

from __future__ import annotations

import re
from typing import Annotated, Any, NoReturn
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError

from citybelt.errors import InputError, Problem
from citybelt.model.panel import TOTALS
from citybelt.scenario.desk import fingerprint
from citybelt.web import answers, parse, share
from citybelt.web.schema import Change, DraftSaved, Forked, Id, NewRecord, Parent, Renamed
from citybelt.web.shop import Here, Plain, Shop, Who

router = APIRouter(tags=["records"])

Which = Annotated[Id, Path(description="of the record")]


def _missing(kind: str) -> NoReturn:
    raise HTTPException(404, f"this session has no such {kind}")


# -- drafts


@router.get("/drafts")
def drafts(shop: Here, who: Who) -> dict[str, Any]:
    """The session's drafts, what was changed last first."""
    return {"drafts": shop.store.all(who, "drafts")}


@router.post("/drafts", status_code=201)
def new_draft(shop: Here, who: Who, asked: NewRecord) -> dict[str, Any]:
    """A new draft."""
    shop.bench.scenario(asked.change)
    return shop.store.add(who, "drafts", **_content(asked))


@router.get("/drafts/{id}")
def draft(shop: Here, who: Who, id: Which) -> dict[str, Any]:
    """One draft."""
    return shop.store.get(who, "drafts", id) or _missing("draft")


@router.put("/drafts/{id}")
def save_draft(shop: Here, who: Who, id: Which, asked: DraftSaved) -> dict[str, Any]:
    """Save a draft; refused where another page saved a newer one."""
    shop.bench.scenario(asked.change)
    return shop.store.change(who, "drafts", id, asked.rev, **_content(asked)) or _missing("draft")


@router.delete("/drafts/{id}", status_code=204)
def drop_draft(shop: Here, who: Who, id: Which) -> Response:
    """Delete a draft."""
    if not shop.store.drop(who, "drafts", id):
        _missing("draft")
    return Response(status_code=204)


# -- scenarios


@router.get("/scenarios")
def scenarios(shop: Here, who: Who) -> dict[str, Any]:
    """The session's scenarios with the totals that they had."""
    return {"scenarios": shop.store.all(who, "scenarios")}


@router.post("/scenarios", status_code=201, response_class=Plain)
async def new_scenario(request: Request, shop: Here, who: Who, asked: NewRecord) -> Any:
    """Save a change under a name, solved."""
    told = await shop.turns.run(request, who, lambda: _solved(shop, asked.change, who))
    return Plain(shop.store.add(who, "scenarios", **_content(asked), answer=told), status_code=201)


@router.get("/scenarios/{id}")
def scenario(shop: Here, who: Who, id: Which) -> dict[str, Any]:
    """One scenario."""
    return shop.store.get(who, "scenarios", id) or _missing("scenario")


@router.put("/scenarios/{id}")
def rename(shop: Here, who: Who, id: Which, asked: Renamed) -> dict[str, Any]:
    """Another name and note; what is changed stays."""
    return shop.store.change(who, "scenarios", id, name=asked.name, note=asked.note) or _missing("scenario")


@router.delete("/scenarios/{id}", status_code=204)
def drop_scenario(shop: Here, who: Who, id: Which) -> Response:
    """Delete a scenario, and its link."""
    if not shop.store.drop(who, "scenarios", id):
        _missing("scenario")
    shop.store.unlink(who, id)
    return Response(status_code=204)


@router.post("/scenarios/{id}/fork", status_code=201)
def fork(shop: Here, who: Who, id: Which, asked: Forked) -> dict[str, Any]:
    """A new draft that begins as the scenario is."""
    held = shop.store.get(who, "scenarios", id) or _missing("scenario")
    parent = {"kind": "scenario", "id": id}
    name = asked.name or held["name"]
    return shop.store.add(who, "drafts", name=name, note=held["note"], change=held["change"], parent=parent)


# -- shared files and links


@router.get("/scenarios/{id}/file", responses={200: {"content": {"application/json": {}}}})
async def share_file(request: Request, shop: Here, who: Who, id: Which) -> Response:
    """The scenario in one file that re-opens and verifies itself."""
    held = shop.store.get(who, "scenarios", id) or _missing("scenario")
    change = Change(**held["change"])
    body = await shop.turns.run(
        request, who, lambda: share.to_file(shop.bench, held["name"], held["note"], change, who)
    )
    return Response(body, media_type="application/json", headers=attached(held["name"], "citybelt.json"))


def attached(name: str, ending: str) -> dict[str, str]:
    """Headers of a file to be saved, in any language."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:60] or "scenario"
    shown = "".join("_" if c in "/\\" else c for c in name if c.isprintable())  # nothing that turns the ending round
    full = quote(f"{shown[:100]}.{ending}", safe="")
    return {"content-disposition": f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{full}"}


@router.post(
    "/open",
    status_code=201,
    response_class=Plain,
    openapi_extra={
        "requestBody": {
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            "required": True,
        }
    },
)
async def open_file(
    request: Request, shop: Here, who: Who, name: Annotated[str, Query(max_length=100)] = "scenario.yaml"
) -> Any:
    """Open a file that was shared, or a scenario file: a new draft, and whether its numbers still hold."""
    content = await request.body()
    if not content.strip():
        raise InputError([Problem("file", "is empty.", "Send a scenario.")])
    called = re.sub(r"[^\w .()-]+", "_", name)[:100] or "file"
    opened = await shop.turns.run(request, who, lambda: _opened(shop, who, content, called), long=True)
    return Plain(opened, status_code=201)


def _opened(shop: Shop, who: str, content: bytes, name: str) -> dict[str, Any]:
    told = parse.read(content, name, shop.bench.name)
    lineage = told.get("lineage") or []
    parent = Parent(kind="library", id=lineage[-1]) if lineage else None
    try:
        asked = NewRecord(parent=parent, **{k: told[k] for k in ("name", "note", "change")})
    except ValidationError as error:
        problems = [
            Problem(f"{name}, {'.'.join(map(str, e['loc']))}", f"{e['msg']}.", "Correct the file.")
            for e in error.errors()[:50]
        ]
        raise InputError(problems) from None
    try:
        answer = answers.exact(shop.bench, asked.change, who)
    except InputError as error:
        raise InputError([*error.problems, *share.of_another_version(told.get("content", {}), name)]) from None
    checks = share.verified(shop.bench, told["content"], asked.change, who) if told["kind"] == "shared" else []
    if told.get("timed"):
        checks.append(share.TIMES)
    return {
        "record": shop.store.add(who, "drafts", **_content(asked)), "kind": told["kind"],
        "verified": all(c["held"] for c in checks) if checks else None, "checks": checks, "answer": answer,
    }  # fmt: skip


@router.post("/scenarios/{id}/link", status_code=201)
def make_link(shop: Here, who: Who, id: Which) -> dict[str, Any]:
    """A link on this server that shows a copy of the scenario to whoever has it."""
    held = shop.store.get(who, "scenarios", id) or _missing("scenario")
    copy = {k: held[k] for k in ("name", "note", "change", "created")}
    return {"link": f"/#/shared/{shop.store.link(who, id, copy)}"}


@router.delete("/scenarios/{id}/link", status_code=204)
def drop_link(shop: Here, who: Who, id: Which) -> Response:
    """Take the link back."""
    if not shop.store.unlink(who, id):
        _missing("link")
    return Response(status_code=204)


@router.get("/shared/{code}", response_class=Plain)
async def shared(request: Request, shop: Here, who: Who, code: Annotated[str, Path(pattern=r"^[\w-]{10,64}$")]) -> Any:
    """What a link shows: the copy, solved."""
    held = shop.store.linked(code)
    if held is None:
        raise HTTPException(404, "there is no such link, or it was taken back")
    change = Change(**held["change"])
    answer = await shop.turns.run(request, who, lambda: answers.exact(shop.bench, change, who))
    return Plain({"record": held, "answer": answer})


def _content(asked: NewRecord) -> dict[str, Any]:
    parent: Parent | None = asked.parent
    return {
        "name": asked.name, "note": asked.note, "change": asked.change.plain(),
        "parent": parent and parent.model_dump(),
    }  # fmt: skip


def _solved(shop: Shop, change: Change, who: str) -> dict[str, Any]:
    _, totals = shop.bench.numbers(change, who)
    return {"key": fingerprint(shop.bench.scenario(change)), "totals": {k: totals[k] for k in TOTALS}}
