"""Reports of one result: a path through time, or a hindcast; written like the plan's report."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from citybelt.errors import InputError, Problem
from citybelt.report import figures, render
from citybelt.report.build import Report, languages
from citybelt.report.document import Document
from citybelt.report.text import LANGUAGES, Language
from citybelt.result import folder, put, to_bytes

if TYPE_CHECKING:
    from citybelt.hindcast.result import Hindcast
    from citybelt.path.result import Path


def write(
    result: Any,
    out: str | File,
    lang: str | Sequence[str] = LANGUAGES,
    progress: Any = None,
    world: str | None = None,
) -> Report:
    """Write ``path.LANG.html`` and ``.pdf``, or ``hindcast.LANG.html`` and ``.pdf``, into ``out``.

    Args:
        result: a path or a hindcast.
        out: the folder.
        lang: languages of the files.
        progress: told of the steps.
        world: the world it should be of, any if None.

    Raises:
        InputError: a language that isn't known, a result of another world, or a folder that can't be written.
    """
    lang = languages(lang)
    if world is not None and result.world != world:
        what = f"is of the world {result.world!r}, not {world!r}."
        raise InputError([Problem(f"report: {stem(result)}", what, "Name its own world.")])
    name = stem(result)
    where = folder(out)
    tell = progress or (lambda *_: None)
    files: dict[str, bytes] = {}
    for step, code in enumerate(lang):
        tell("report", 2 * step, 2 * len(lang))
        made = document(result, Language(code))
        files[f"{code}.html"] = render.to_html(made).encode()
        tell("report", 2 * step + 1, 2 * len(lang))
        files[f"{code}.pdf"] = render.to_pdf(made)
    paths = {key: where / f"{name}.{key}" for key in files}
    put({paths[key]: content for key, content in files.items()})
    tell("report", 2 * len(lang), 2 * len(lang))
    return Report(paths)


def stem(result: Any) -> str:
    """How the files of a result begin; "" of a result that has no report of its own."""
    from citybelt.hindcast.result import Hindcast
    from citybelt.path.result import Path

    return "path" if isinstance(result, Path) else "hindcast" if isinstance(result, Hindcast) else ""


def document(result: Path | Hindcast, L: Language) -> Document:
    """The report of a path or a hindcast in one language."""
    import matplotlib

    from citybelt.path import result as paths

    with matplotlib.rc_context(figures.style()):  # type: ignore[arg-type]
        return _path(result, L) if isinstance(result, paths.Path) else _hindcast(result, L)


def _path(path: Path, L: Language) -> Document:
    from citybelt import __version__
    from citybelt.report.pages.front_years import front_years
    from citybelt.report.pages.output_years import output_years
    from citybelt.report.pages.people_years import people_years
    from citybelt.report.years import seen

    y = seen(path)
    parts = [
        L("time.footer_world", world=path.world, places=len(y.regions), cities=len(y.cities)),
        L(f"time.footer_{path.expectations}"),
        L("time.footer_band", draws=y.draws) if y.draws else L("time.footer_noband"),
        L("footer.version", version=__version__, hash=digest(path)),
    ]
    return Document(
        language=L.code,
        title=L("time.title", place=y.name(L, "cluster"), last=y.last),
        subtitle=L("time.subtitle", scenario=path.scenario.text("name", L.code), first=y.first),
        footer=" · ".join(parts),
        contents_title=L("contents"),
        sections=[front_years(y, L), *people_years(y, L), *output_years(y, L)],
    )


def _hindcast(result: Hindcast, L: Language) -> Document:
    from citybelt import __version__
    from citybelt.hindcast import known, target
    from citybelt.report.pages.hindcast import hindcast

    parts = [
        L("hindcast.footer", places=result.total.all.places, cities=result.total.cluster.places),
        L("hindcast.footer_method", hash=result.method_hash, draws=result.draws),
        L("footer.version", version=__version__, hash=digest(result)),
    ]
    return Document(
        language=L.code,
        title=L("hindcast.title", first=known.YEAR, last=target.YEAR),
        subtitle=L("hindcast.subtitle", first=known.YEAR, last=target.YEAR),
        footer=" · ".join(parts),
        contents_title=L("contents"),
        sections=hindcast(result, L),
    )


def digest(result: Path | Hindcast) -> str:
    """Eight hexadecimal digits that change when a number of the result does."""
    return hashlib.sha256(to_bytes(result.to_json())).hexdigest()[:8]
