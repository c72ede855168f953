"""From inputs to files: content once for each language, rendered to HTML and to PDF."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citybelt.errors import InputError, Problem
from citybelt.report import figures, findings, render
from citybelt.report.document import Document
from citybelt.report.inputs import Inputs, gather
from citybelt.report.pages.annex import annex, closure_text
from citybelt.report.pages.apart import apart
from citybelt.report.pages.cities import cities
from citybelt.report.pages.conflicts import conflicts
from citybelt.report.pages.diagnosis import diagnosis
from citybelt.report.pages.front import front, guide
from citybelt.report.pages.ledger import ledger
from citybelt.report.pages.limits import grade_shares, limits
from citybelt.report.pages.money import money
from citybelt.report.pages.plan import plan
from citybelt.report.pages.scenarios import scenarios
from citybelt.report.pages.securities import securities
from citybelt.report.pages.sure import sure
from citybelt.report.text import LANGUAGES, Language
from citybelt.result import folder, put


@dataclass(frozen=True)
class Report:
    """The files of a report by language and format: "en.html", "en.pdf", "zh.html", "zh.pdf"."""

    paths: dict[str, Path]

    def to_json(self) -> dict[str, Any]:
        return {"report": {key: str(path) for key, path in self.paths.items()}}

    def __rich__(self) -> Any:
        """One line; the command line lists the files itself."""
        from rich.text import Text

        folders = {str(path.parent) for path in self.paths.values()}
        # Text, for a folder may be called "[red]".
        return Text(f"Report 报告: {len(self.paths)} files in {', '.join(sorted(folders))}")


def write(
    dataset: Any, diagnosis: Any, ledger: Any, runs: Sequence[Any], plan: Any, coverage: Any,
    out: str | Path, lang: str | Sequence[str] = LANGUAGES, progress: Any = None,
) -> Report:  # fmt: skip
    """Write report.LANG.html and report.LANG.pdf into ``out``; see ``citybelt.report.write``."""
    lang = languages(lang)
    inputs = gather(dataset, diagnosis, ledger, runs, plan, coverage)
    out = folder(out)
    files: dict[str, bytes] = {}
    for step, code in enumerate(lang):
        _tell(progress, step * 3, len(lang))
        made = document(inputs, Language(code))
        _tell(progress, step * 3 + 1, len(lang))
        files[f"{code}.html"] = render.to_html(made).encode()
        _tell(progress, step * 3 + 2, len(lang))
        files[f"{code}.pdf"] = render.to_pdf(made)
    # All of them or, should one fail, none: files of two plans never lie side by side.
    paths = {key: out / f"report.{key}" for key in files}
    put({paths[key]: content for key, content in files.items()})
    _tell(progress, 3 * len(lang), len(lang))
    return Report(paths)


def languages(lang: str | Sequence[str]) -> tuple[str, ...]:
    """The languages wanted, each once; one may be given by its code alone.

    Raises:
        InputError: none, or one that the report doesn't speak.
    """
    codes = (lang,) if isinstance(lang, str) else tuple(lang) if isinstance(lang, Sequence) else (lang,)
    unknown = [code for code in codes if code not in LANGUAGES]
    use = f"Use {' or '.join(LANGUAGES)}."
    if unknown or not codes:
        wrong = [Problem(f"language {code!r}", "is not one of the report's.", use) for code in unknown]
        raise InputError(wrong or [Problem("languages", "none is given.", use)])
    return tuple(dict.fromkeys(codes))


def document(inp: Inputs, L: Language) -> Document:
    """The whole report in one language."""
    import matplotlib

    from citybelt import __version__

    stamp = digest(inp)
    with matplotlib.rc_context(figures.style()):  # type: ignore[arg-type]
        sections = [
            front(inp, L),
            guide(L),
            plan(inp, L),
            *apart(inp, L),
            money(inp, L),
            conflicts(inp, L),
            *sure(inp, L),
            *securities(inp, L),
            scenarios(inp, L),
            diagnosis(inp, L),
            ledger(inp, L),
            *cities(inp, L),
            limits(inp, L),
            annex(inp, L, __version__, stamp),
        ]
    return Document(
        language=L.code,
        title=L("title", place=findings.place(inp, L)),
        subtitle=L("subtitle", year=inp.dataset.base_year),
        footer=footer(inp, L, __version__, stamp),
        contents_title=L("contents"),
        sections=sections,
    )


def footer(inp: Inputs, L: Language, version: str, stamp: str) -> str:
    """What every page states: region and vintage, closure, band, grades of the data, version."""
    regions = int((~inp.regions["foreign"].astype(bool)).sum())
    parts = [
        L(
            "footer.region", place=findings.place(inp, L), cities=len(inp.cities),
            others=len(inp.regions) - len(inp.cities), domestic=regions,
        ),
        L("footer.vintage", vintage=inp.dataset.vintage),
        L("footer.closure", closure=closure_text(inp.plan, L)),
    ]  # fmt: skip
    draws = getattr(inp.plan, "draws_solved", 0)
    level = getattr(inp.plan, "band_level", 80)
    parts.append(L("footer.band", level=level, draws=draws) if draws else L("footer.noband"))
    shares = grade_shares(inp)
    if shares:
        parts.append(L("footer.grades", grades=" ".join(f"{g} {v:.0f}%" for g, v in shares.items())))
    parts.append(L("footer.version", version=version, hash=stamp))
    return " · ".join(parts)


def digest(inp: Inputs) -> str:
    """Eight hexadecimal digits that change when the data's values or the plan's levers do."""
    import pandas as pd

    content = hashlib.sha256()
    for table in (inp.table("dataset", "provenance"), inp.table("plan", "levers"), inp.table("plan", "by_region")):
        plain = table.astype(str)
        content.update(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes())
    return content.hexdigest()[:8]


def _tell(progress: Any, done: int, languages: int) -> None:
    if progress is not None:
        progress("report", done, 3 * languages)
