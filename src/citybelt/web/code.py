"""What gives the same as the page: Python, the command line, and the scenario or plan file that both read.

A server may have been started with options of the world, such as a vintage; the code says them too.
"""

from __future__ import annotations

import inspect
import json
import shlex
from typing import Any

from citybelt import verbs
from citybelt.scenario.desk import fingerprint
from citybelt.web import plan_file
from citybelt.web.bench import Bench
from citybelt.web.schema import Change

Code = dict[str, str]
#: What the files are called.
SCENARIO, PLAN = "scenario.yaml", "plan.yaml"


def of_verb(verb: str, *names: str) -> Code:
    """A verb without a world, or on a world as it is by default."""
    return {"python": _python(verb, *map(_text, names)), "shell": _shell(verb, *names), "yaml": ""}


def of_world(bench: Bench, verb: str, shell: str = "", options: str = "", **arguments: Any) -> Code:
    """A verb on the world alone.

    Args:
        verb: of Python; shell: of the command line, where it is called otherwise.
        options: of the command line; arguments: the same in Python.
    """
    python, words = _world(bench)
    return {
        "python": _python(verb, python, **arguments), "shell": _shell(shell or verb, words, options), "yaml": "",
    }  # fmt: skip


def of_change(bench: Bench, change: Change, verb: str = "run", options: str = "", **arguments: Any) -> Code:
    """A verb on a change.

    Args:
        verb: of Python; ``path`` is ``run`` to a year on the command line.
        options: of the command line; arguments: the same in Python.
    """
    named = bench.library.get(fingerprint(bench.scenario(change)), "")
    source = named or SCENARIO
    shell = "run" if verb == "path" else verb
    before = "--scenario " if verb == "stress" else ""
    python, words = _world(bench)
    return {
        "python": _python(verb, python, _text(source), **arguments),
        "shell": _shell(shell, words, before + source, options),
        "yaml": "" if named else scenario_file(change),
    }


def of_job(bench: Bench, asked: dict[str, Any]) -> Code:
    """The long work that a page asked for; a table of projects lies beside the plan file."""
    kind = asked["kind"]
    if kind == "plan":
        return _of_plan(bench, asked)
    if kind == "hindcast":
        return of_verb(kind, bench.name)
    if kind == "separate":
        share, draws = asked["budget"], asked["draws"]
        return of_world(bench, kind, "", f"--budget {share:g} --draws {draws}", budget=share / 100, draws=draws)
    if "change" not in asked or (kind == "stress" and not asked["change"]["levers"]):
        return of_world(bench, kind)
    change = Change(**asked["change"])
    if kind == "path":
        to, closed, draws = asked["to"], asked["closed"], asked["draws"]
        options = [f"--to {to}", *(["--closed-borders"] if closed else []), *([f"--draws {draws}"] if draws else [])]
        more = ({"closed": closed} if closed else {}) | ({"draws": draws} if draws else {})
        return of_change(bench, change, "path", " ".join(options), to=to, **more)
    if kind == "bands":
        return of_change(bench, change, "run", f"--draws {asked['draws']}", draws=asked["draws"])
    return of_change(bench, change, kind)


def _of_plan(bench: Bench, asked: dict[str, Any]) -> Code:
    own = asked["file"] or any(asked[k] for k in ("payers", "excluded", "include", "projects"))
    source = PLAN if own or any(asked["targets"].values()) else asked["plan"] or ""
    shares = {k: asked[k] / 100 for k in ("budget", "floor") if asked[k] is not None}
    aim = {"objective": asked["objective"]} if asked["objective"] else {}
    more = shares | aim | {"draws": asked["draws"], "complete": not asked["quick"]}
    python, words = _world(bench)
    return {
        "python": _python("plan", python, *([_text(source)] if source else []), **more),
        "shell": _shell("plan", words, source, plan_file.options(asked)),
        "yaml": (asked["file"] or plan_file.text(asked)) if source == PLAN else "",
    }


def _world(bench: Bench) -> tuple[str, str]:
    """The world of the server in Python and on the command line."""
    usual = {k: p.default for k, p in inspect.signature(verbs.load).parameters.items()}
    own = {k: v if isinstance(v, bool) else str(v) for k, v in bench.options.items() if v != usual[k]}
    if not own:
        return _text(bench.name), bench.name
    words = [f"--{k.replace('_', '-')}" + ("" if v is True else f" {shlex.quote(str(v))}") for k, v in own.items()]
    return f"cb.load({', '.join([_text(bench.name), *_arguments(own)])})", " ".join([bench.name, *words])


def _python(verb: str, *said: str, **arguments: Any) -> str:
    call = f"cb.{verb}({', '.join([*said, *_arguments(arguments)])})"
    return f"import citybelt as cb\n\nresult = {call}\nresult.to_json()\n"


def _arguments(arguments: dict[str, Any]) -> list[str]:
    return [f"{k}={_literal(v)}" for k, v in arguments.items()]


def _shell(*words: str) -> str:
    return " ".join(["citybelt", *filter(None, words)])


def scenario_file(change: Change, name: str = "Scenario of the workbench", zh: str = "工作台情景") -> str:
    """A scenario file that says the same as a change."""
    told = change.plain()
    lines = [f"name: {{en: {_text(name)}, zh: {_text(zh)}}}"]
    for section in ("levers", "closure", "elasticities"):
        if told[section]:
            inside = ", ".join(f"{_key(k)}: {_literal(v)}" for k, v in told[section].items())
            lines.append(f"{section}: {{{inside}}}")
    if told["vintage"]:
        lines.append(f"vintage: {_text(told['vintage'])}")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """A text in double quotes, which Python and YAML read as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _key(text: str) -> str:
    return text if text.isidentifier() else _text(text)


def _literal(value: Any) -> str:
    """A text, a number or a yes or no, in Python; of the first two also in YAML."""
    if isinstance(value, bool):
        return str(value)
    return _text(value) if isinstance(value, str) else f"{value:.12g}"
