"""The world, its map and its network, and the session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from citybelt import __version__
from citybelt.web import limits
from citybelt.web.describe import world
from citybelt.web.ground import Ground, network
from citybelt.web.shop import Here, Plain, Shop, Who

router = APIRouter(tags=["world"])


@router.get("/session")
def session(shop: Here, who: Who) -> dict[str, Any]:
    """Who asks, which world is served, and what a session may ask for."""
    return {
        "id": who[:8], "world": shop.bench.name, "version": __version__, "shared": bool(shop.token),
        "limits": {
            "body": limits.BODY, "upload": limits.UPLOAD, "jobs": limits.JOBS_PER_SESSION, "drafts": limits.DRAFTS,
            "scenarios": limits.SCENARIOS,
        },
    }  # fmt: skip


@router.get("/world", response_class=Plain)
def the_world(request: Request, shop: Here) -> Response:
    """Regions, sectors, outcomes, base year, levers with their evidence, assumptions."""
    return _tagged(request, shop, "world", lambda: world(shop.bench, ground_of(shop)))


@router.get("/map", response_class=Plain)
def the_map(request: Request, shop: Here) -> Response:
    """Paths of regions and borders in one equal-area coordinate system."""
    return _tagged(request, shop, "map", lambda: ground_of(shop).to_json())


@router.get("/network", response_class=Plain)
def the_network(request: Request, shop: Here) -> Response:
    """Nodes and links of the transport network, with the levers that build them."""
    lines = tuple(
        (str(lever.card.where["line"]), lever.id) for lever in shop.bench.desk.menu if "line" in lever.card.where
    )
    year = shop.bench.dataset.base_year
    return _tagged(request, shop, "network", lambda: network(ground_of(shop), year, lines))


def ground_of(shop: Shop) -> Ground:
    """The map of the world, made once."""
    return shop.once("ground", lambda: Ground(shop.bench.home, shop.bench.cluster))


def _tagged(request: Request, shop: Shop, name: str, make: Callable[[], Any]) -> Response:
    """Content that stays the same while the server runs, sent once to each browser."""
    body: bytes = shop.once(f"body:{name}", lambda: Plain(make()).body)
    return tagged(request, body, "application/json")


def tagged(request: Request, body: bytes, kind: str) -> Response:
    """A body with its tag, or word that the browser has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)
