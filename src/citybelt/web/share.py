"""A scenario in one file that re-opens anywhere and says whether its numbers still hold.

The file holds what was changed, what it was changed in (digests of the data and of the package, versions of the
libraries), the values that its levers and elasticities had, and the results. Opening it solves the change again and
holds every number against the file's.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from citybelt import __version__
from citybelt.result import plain
from citybelt.web import words
from citybelt.web.bench import Bench
from citybelt.web.code import scenario_file
from citybelt.web.schema import Change
from citybelt.web.store import now

FORMAT, NUMBER = "citybelt-scenario", 1
#: Largest difference of an outcome, relative to the largest of its kind, that still counts as the same.
SAME = 1e-6
LIBRARIES = ("jax", "numpy", "scipy")


def to_file(bench: Bench, name: str, note: str, change: Change, session: str = "") -> bytes:
    """The scenario as one file.

    Raises:
        InputError: mistakes in the change.
        NotSolvedError: no equilibrium was reached.
    """
    key, look, _ = bench.look(change, session)
    desk = bench.desk_of(change.vintage)
    told = change.plain()
    used = {lever.id: lever for lever in desk.menu if lever.id in told["levers"]}
    content = {
        "format": FORMAT,
        "number": NUMBER,
        "made": now(),
        "citybelt": __version__,
        "libraries": {name: _version(name) for name in LIBRARIES},
        "world": {"name": bench.name, "vintage": desk.dataset.vintage} | digests(bench, change.vintage),
        "scenario": {"name": name, "note": note, "change": told, "yaml": scenario_file(change, name, name)},
        "inputs": {
            "levers": {
                id: {
                    "unit": lever.card.unit, "value": told["levers"][id], "size": np.asarray(lever.size).tolist(),
                    "unit_cost": np.asarray(lever.unit_cost).tolist(), "citation": lever.citation,
                    "design": lever.design,
                }
                for id, lever in used.items()
            },
            "theory": {k: np.asarray(v).tolist() for k, v in vars(look.economy.theory).items()},
            "closure": look.economy.closure.names,
        },
        "results": {
            "key": key, "residual": look.solution.residual, "regions": list(look.economy.home),
            "regional": {k: v.tolist() for k, v in look.regional.items()}, "totals": look.totals,
        },
    }  # fmt: skip
    content = plain(content)
    content["digest"] = digest(content)
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def digest(content: dict[str, Any]) -> str:
    """What a file says, as a number that changes with any letter of it."""
    rest = {k: v for k, v in content.items() if k != "digest"}
    return hashlib.sha256(json.dumps(rest, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


def digests(bench: Bench, vintage: str) -> dict[str, str]:
    """Digests of the data and of the package, the latter with the libraries that compute."""
    from citybelt.plan.store import of_data, of_package

    return {"data": of_data(bench.desk_of(vintage).dataset), "package": of_package()}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def verified(bench: Bench, content: dict[str, Any], change: Change, session: str = "") -> list[dict[str, Any]]:
    """What was checked of a file, and whether it held.

    Raises:
        InputError: mistakes in the change.
        NotSolvedError: it has no equilibrium here.
    """
    here, there = digests(bench, change.vintage), content.get("world", {})
    same_version = content.get("citybelt") == __version__
    checks = [
        _check("The file is as it was written.", "文件未被改动。", content.get("digest") == digest(content)),
        _check("The version of citybelt is the same.", "citybelt 版本相同。", same_version,
               "" if same_version else f"{content.get('citybelt')} / {__version__}"),
        _check("Code, tables and libraries are the same.", "代码、数据表与程序库相同。",
               there.get("package") == here["package"]),
        _check("The data of the world are the same.", "世界数据相同。", there.get("data") == here["data"]),
    ]  # fmt: skip
    regional, totals = bench.numbers(change, session)
    worst = _worst(content.get("results", {}), regional, totals, list(bench.home))
    detail = "" if worst is None else f"{worst:.1e}"
    english = "Every number of the file comes out again." if worst is not None else "The file holds other outcomes."
    chinese = "文件中的每个数字均可复算。" if worst is not None else "文件中的结果项不同。"
    return [*checks, _check(english, chinese, worst is not None and worst <= SAME, detail)]


def _check(en: str, zh: str, held: bool, detail: str = "") -> dict[str, Any]:
    return {"what": words.both(en, zh), "held": bool(held), "detail": detail}


def _worst(results: Any, regional: dict[str, Any], totals: dict[str, Any], home: list[str]) -> float | None:
    """The largest difference of any outcome, over the largest size of its kind; None where they are others."""
    try:
        if list(results["regions"]) != home or set(results["regional"]) != set(regional):
            return None
        gaps = [_gap(results["regional"][k], v) for k, v in regional.items()]
        gaps += [_gap([results["totals"][k][of] for of in v], list(v.values())) for k, v in totals.items()]
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    worst = max(gaps)
    return worst if np.isfinite(worst) else None


def _gap(a: Any, b: Any) -> float:
    one, two = np.asarray(a, float), np.asarray(b, float)
    if one.shape != two.shape:
        raise ValueError("other sizes")
    # What is nothing but the residual of a market is compared with that.
    scale = max(float(np.abs(two).max(initial=0.0)), 1e-3)
    return float(np.abs(one - two).max(initial=0.0)) / scale
