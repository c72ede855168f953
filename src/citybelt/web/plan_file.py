"""What a page asks of a plan, as a plan file."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citybelt.errors import InputError, Problem

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.plan.asked.brief import Brief


def text(asked: dict[str, Any]) -> str:
    """The plan file; JSON, which is YAML. Budget, objective and floor stay options, as on the command line."""
    content: dict[str, Any] = {"name": {"en": "Plan of the workbench", "zh": "工作台规划"}}
    if asked.get("plan"):
        content["parent"] = asked["plan"]
    targets = {k: v for k, v in asked.get("targets", {}).items() if v}
    if targets:
        content["targets"] = _without_none(targets)
    for key in ("payers", "excluded", "include"):
        if asked.get(key):
            content[key] = asked[key]
    if asked.get("projects"):
        content["projects"] = f"projects.{asked['projects']['kind']}"
    return "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in content.items()) + "\n"


def read(asked: dict[str, Any], dataset: Dataset) -> Brief:
    """The brief of what was asked, read as any plan file is, alone in a folder.

    Raises:
        InputError: every mistake in it.
    """
    from citybelt.plan.asked.brief import load_brief

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.yaml"
        path.write_text(asked.get("file") or text(asked), "utf-8")
        called = {str(path): asked.get("called", "plan")}
        if projects := asked.get("projects"):
            table = Path(folder) / f"projects.{projects['kind']}"
            table.write_bytes(_decoded(projects))
            called[str(table)] = projects["name"]
        try:
            return load_brief(path, dataset)
        except InputError as error:
            raise InputError([_renamed(p, called) for p in error.problems]) from None


def _decoded(projects: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(projects["content"], validate=True)
    except ValueError:
        raise InputError([Problem(projects["name"], "is not whole.", "Send the file again.")]) from None


def _renamed(problem: Problem, called: dict[str, str]) -> Problem:
    where = problem.where
    for path, name in called.items():
        where = where.replace(path, name)
    return Problem(where, problem.what, problem.do)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    return value


def options(asked: dict[str, Any]) -> str:
    """The options of the command line that say the rest."""
    said = [f"--{k} {asked[k]:g}" for k in ("budget", "floor") if asked.get(k) is not None]
    said += [f"--objective {asked['objective']}"] if asked.get("objective") else []
    return " ".join([*said, f"--draws {asked['draws']}", *(["--quick"] if asked.get("quick") else [])])
