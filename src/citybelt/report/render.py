"""A document as one HTML file and as one PDF, with the fonts inside.

The HTML carries its pictures and a font reduced to the letters it uses, so that it needs no network and no fonts
of the machine; the PDF is set by typst from the same data with the package's fonts alone.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

from citybelt.errors import InputError, Problem
from citybelt.report import fonts
from citybelt.report.document import Document, to_data

TEMPLATES = "citybelt.report"
#: Faces of the report's font and their weights in CSS.
FACES = {"Regular": 400, "Bold": 700}
#: What no page can hold, XML none of it (control characters, halves of surrogate pairs), and what turns text round.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")


def _template(name: str) -> str:
    return resources.files(TEMPLATES).joinpath("templates", name).read_text(encoding="utf-8")


def to_html(document: Document) -> str:
    """The document as the text of one HTML file that refers to nothing outside itself."""
    from jinja2 import Environment
    from markupsafe import Markup

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(bar=_bar, picture=Markup)
    family = fonts.register()
    css = _template("report.css").replace("var(--face)", f'"{family}", sans-serif')
    page = environment.from_string(_template("report.html.j2"))
    data = printable(to_data(document))
    letters = frozenset(page.render(doc=data, fonts=[], css=""))
    embedded = [
        {"family": family, "weight": weight, "data": _subset(fonts.FOLDER / f"CitybeltSans-{face}.otf", letters)}
        for face, weight in FACES.items()
    ]
    return page.render(doc=data, fonts=embedded, css=Markup(css))


def _bar(table: dict[str, Any], column: int, size: float) -> str:
    """The style of a cell with a bar behind its number (see ``report.typ``, which draws the same)."""
    both = any(len(r["cells"]) > column and (r["cells"][column]["bar"] or 0) < 0 for r in table["rows"])
    full = 50 if both else 100
    share = min(1.0, abs(size)) * full
    start = (50 - share if size < 0 else 50) if both else 0
    colour = "#f1cdb0" if size < 0 else "#bcd7e2"
    stops = f"transparent {start:.1f}%, {colour} {start:.1f}% {start + share:.1f}%, transparent {start + share:.1f}%"
    return f"background-image:linear-gradient(90deg, {stops})"


def printable(item: Any) -> Any:
    """Lists, dictionaries and texts with U+FFFD in the place of what no page can hold."""
    match item:
        case str():
            return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", item)
        case dict():
            return {key: printable(value) for key, value in item.items()}
        case list():
            return [printable(value) for value in item]
    return item


@contextmanager
def _scratch(files: dict[str, str]) -> Iterator[Path]:
    """A temporary folder with these files in it.

    Raises ``InputError`` where there is no room for them.
    """
    with ExitStack() as stack:
        try:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="citybelt-")))
            for name, text in files.items():
                (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            what = f"cannot be written ({error.strerror or error})."
            advice = "Make room there, or name another folder in TMPDIR."
            raise InputError([Problem("temporary folder", what, advice)]) from None
        yield folder


@lru_cache(8)  # two faces of some documents; each is a hundred kilobytes
def _subset(path: Path, letters: frozenset[str]) -> str:
    """The font file reduced to the letters of a text, as base64 of a woff file."""
    from fontTools import subset

    options = subset.Options(layout_features=["kern", "liga", "tnum", "locl"], hinting=False, notdef_outline=True)
    options.flavor = "woff"
    with subset.load_font(str(path), options) as font:
        reducer = subset.Subsetter(options)
        reducer.populate(unicodes=[ord(c) for c in letters])
        reducer.subset(font)
        out = BytesIO()
        subset.save_font(font, out, options)
    return base64.b64encode(out.getvalue()).decode("ascii")


def to_pdf(document: Document) -> bytes:
    """The document as a PDF, set by typst with the package's fonts only."""
    import typst

    pictures: list[str] = []
    data = printable(to_data(document, pictures))
    data["font"] = fonts.register()
    data["pictures"] = [f"picture{i}.svg" for i in range(len(pictures))]
    files = {"document.json": json.dumps(data, ensure_ascii=False), "report.typ": _template("report.typ")}
    files |= zip(data["pictures"], printable(pictures), strict=True)
    with _scratch(files) as folder:
        return typst.compile(
            str(folder / "report.typ"), root=str(folder), font_paths=[str(fonts.FOLDER)], ignore_system_fonts=True
        )
