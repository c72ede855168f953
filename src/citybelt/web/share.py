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
from citybelt.errors import Problem
from citybelt.result import plain
from citybelt.scenario.desk import Look
from citybelt.web import words
from citybelt.web.bench import Bench
from citybelt.web.code import scenario_file
from citybelt.web.parse import FORMAT, NUMBER
from citybelt.web.schema import Change
from citybelt.web.store import now

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
    content = {
        "format": FORMAT,
        "number": NUMBER,
        "made": now(),
        "citybelt": __version__,
        "libraries": libraries(),
        "world": {"name": bench.name, "vintage": bench.desk_of(change.vintage).dataset.vintage}
        | digests(bench, change.vintage),
        "scenario": {"name": name, "note": note, "change": change.plain(), "yaml": scenario_file(change, name, name)},
        "inputs": inputs(bench, change, look),
        "results": {
            "key": key, "residual": look.solution.residual, "regions": list(look.economy.home),
            "regional": {k: v.tolist() for k, v in look.regional.items()}, "totals": look.totals,
        },
    }  # fmt: skip
    content = plain(content)
    content["digest"] = digest(content)
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def inputs(bench: Bench, change: Change, look: Look) -> dict[str, Any]:
    """What a change rests on: its levers with their sizes and costs, the elasticities, the closure."""
    held = change.plain()["levers"]
    return {
        "levers": {
            lever.id: {
                "unit": lever.card.unit, "value": held[lever.id], "size": np.asarray(lever.size).tolist(),
                "unit_cost": np.asarray(lever.unit_cost).tolist(), "citation": lever.citation, "design": lever.design,
            }
            for lever in bench.desk_of(change.vintage).menu
            if lever.id in held
        },
        "theory": {k: np.asarray(v).tolist() for k, v in vars(look.economy.theory).items()},
        "closure": look.economy.closure.names,
    }  # fmt: skip


def libraries() -> dict[str, str]:
    """Versions of the libraries that compute."""
    return {name: _version(name) for name in LIBRARIES}


def digest(content: dict[str, Any]) -> str:
    """What a file says, as a number that changes with any letter of it. Whoever changes both goes unnoticed here."""
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
    version = str(content.get("citybelt"))[:40]
    key, look, _ = bench.look(change, session)
    told, results = content.get("scenario", {}), content.get("results", {})
    same_code = there.get("package") == here["package"] and content.get("libraries") == libraries()
    same_inputs = (
        _alike(content.get("inputs"), plain(inputs(bench, change, look)))
        and told.get("yaml") == scenario_file(change, told.get("name", ""), told.get("name", ""))
        and isinstance(results, dict)
        and results.get("key") == key
    )
    checks = [
        _check("The file fits its own checksum.", "文件与其校验和一致。", content.get("digest") == digest(content)),
        _check("The version of citybelt is the same.", "citybelt 版本相同。", version == __version__,
               "" if version == __version__ else f"{version} / {__version__}"),
        _check("Code, tables and libraries are the same.", "代码、数据表与程序库相同。", same_code),
        _check("The data of the world are the same.", "世界数据相同。", there.get("data") == here["data"]),
        _check("What it rests on is what stands here: levers, costs, sources, elasticities, scenario file.",
               "所依据的内容与此处一致：措施、费用、来源、弹性、情景文件。", same_inputs),
    ]  # fmt: skip
    worst = _worst(results, look.regional, look.totals, list(bench.home))
    detail = "" if worst is None else f"{worst:.1e}"
    english = "Every number of the file comes out again." if worst is not None else "The file holds other outcomes."
    chinese = "文件中的每个数字均可复算。" if worst is not None else "文件中的结果项不同。"
    return [*checks, _check(english, chinese, worst is not None and worst <= SAME, detail)]


def _check(en: str, zh: str, held: bool, detail: str = "") -> dict[str, Any]:
    return {"what": words.both(en, zh), "held": bool(held), "detail": detail}


#: Told of a scenario file with a section ``time``.
TIMES = _check("What it says of years (time:) is left out; a path of the workbench begins every lever at once.",
               "文件中的时间安排（time:）未被采用；工作台的路径同时启动所有措施。", False)  # fmt: skip


def of_another_version(content: dict[str, Any], name: str) -> list[Problem]:
    """Said of a file with mistakes that another version wrote, which may know what this one doesn't."""
    wrote = content.get("citybelt", __version__)
    if wrote == __version__:
        return []
    what = f"was written by citybelt {str(wrote)[:40]}; this is {__version__}."
    return [Problem(name, what, "Open it with the version that wrote it.")]


def _worst(results: Any, regional: dict[str, Any], totals: dict[str, Any], home: list[str]) -> float | None:
    """The largest difference of any outcome, over the largest size of its kind; None where they are others."""
    try:
        if list(results["regions"]) != home or set(results["regional"]) != set(regional):
            return None
        if set(results["totals"]) != set(totals):
            return None
        gaps = [_gap(results["regional"][k], v) for k, v in regional.items()]
        gaps += [_gap([results["totals"][k][of] for of in v], list(v.values())) for k, v in totals.items()]
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    worst = max(gaps)
    return worst if np.isfinite(worst) else None


def _gap(a: Any, b: Any) -> float:
    one, two = np.asarray(a), np.asarray(b, float)
    if one.shape != two.shape or one.dtype.kind not in "if":
        raise ValueError("other sizes, or no numbers")
    # What is nothing but the residual of a market is compared with that.
    scale = max(float(np.abs(two).max(initial=0.0)), 1e-3)
    return float(np.abs(one - two).max(initial=0.0)) / scale


def _alike(a: Any, b: Any) -> bool:
    """Whether two trees of plain data say the same, numbers to ``SAME`` of their size."""
    if isinstance(b, dict):
        return isinstance(a, dict) and a.keys() == b.keys() and all(_alike(a[k], v) for k, v in b.items())
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(b, float):
        return type(a) in (int, float) and abs(a - b) <= SAME * abs(b)
    return bool(a == b)
