"""Make the picture of the README from a report: the answers, the plan, and its maps of who gains and who loses.

    python tools/picture.py out/northeast/report.en.pdf docs/img/northeast.png

Pages are found by their headings, so the picture follows the report; the maps are of ``citybelt.report.maps``.
"""

from __future__ import annotations

import argparse
import tempfile
from io import BytesIO
from pathlib import Path

import typst
from PIL import Image
from pypdf import PdfReader

from citybelt.result import put

#: Where a heading stands at the top of the page wanted; none for the first page.
HEADINGS = (None, "The plan", "Who gains and who loses")
#: Pixels across.
WIDTH = 1500
#: Colours kept: enough for maps and letters, and a file of half the size.
COLOURS = 256
#: The upper part of a page that is shown, of its height: the rest of it is notes.
SHOWN = 0.795

TEMPLATE = """#set page(width: {width}pt, height: {height}pt, margin: 0pt, fill: rgb("e9ecef"))
#grid(columns: ({column}pt,) * {pages}, column-gutter: {gap}pt, {cells})
"""
CELL = (
    "box(width: {column}pt, height: {height}pt, clip: true, fill: white, "
    'place(top + left, image("report.pdf", page: {page}, width: {column}pt, height: {full}pt)))'
)


def pages(report: Path) -> list[int]:
    """Numbers of the pages to show, from 1.

    Raises:
        SystemExit: the report has no page with one of the headings.
    """
    texts = [page.extract_text() for page in PdfReader(report).pages]
    found = []
    for heading in HEADINGS:
        at = [n for n, text in enumerate(texts, 1) if heading is None or _heads(text, heading)]
        if not at:
            raise SystemExit(f"picture: no page of {report} begins with '{heading}'")
        found.append(at[0])
    return found


def _heads(text: str, heading: str) -> bool:
    """Whether a page's first lines, below the running head, are this heading."""
    return heading in [line.strip() for line in text.splitlines()[:4]]


def picture(report: Path) -> bytes:
    """The pages side by side, as PNG."""
    numbers = pages(report)
    box = PdfReader(report).pages[0].mediabox
    gap = WIDTH / 250
    column = (WIDTH - gap * (len(numbers) - 1)) / len(numbers)
    full = column * float(box.height) / float(box.width)
    height = SHOWN * full
    cells = ", ".join(CELL.format(column=column, height=height, full=full, page=n) for n in numbers)
    text = TEMPLATE.format(width=WIDTH, height=height, column=column, pages=len(numbers), gap=gap, cells=cells)
    with tempfile.TemporaryDirectory(prefix="citybelt-") as scratch:
        (Path(scratch) / "report.pdf").write_bytes(report.read_bytes())
        source = Path(scratch) / "picture.typ"
        source.write_text(text, "utf-8")
        drawn = typst.compile(source, root=scratch, format="png", ppi=72)
    out = BytesIO()
    Image.open(BytesIO(drawn)).convert("RGB").quantize(COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path, help="the report in English, a PDF file")
    parser.add_argument("picture", type=Path, help="the PNG file to write")
    args = parser.parse_args()
    put({args.picture: picture(args.report)})


if __name__ == "__main__":
    main()
