"""The picture of the README can be made again from a report, and shows the tops of the right pages."""

import io
import re
import runpy

import numpy as np
import pytest
from PIL import Image

from checkout import ROOT
from citybelt.report.document import Document, Figure, Heading, PageBreak, Para, Section
from citybelt.report.render import to_pdf

TOOL = runpy.run_path(str(ROOT / "tools" / "picture.py"))


def square(colour):
    """A picture of one colour."""
    size = 'width="300" height="90"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect {size} fill="{colour}"/></svg>'
    return Figure(svg, alt=colour)


def report(folder, plan="The plan", people="Who gains and who loses"):
    """A report whose pages have one colour each, as a PDF file."""
    text = Para("Read The plan: it says Who gains and who loses.")
    sections = [
        Section("front", "Answers", [square("#ff0000"), text, PageBreak(), square("#ffff00")], "front"),
        Section("plan", plan, [square("#00ff00"), PageBreak(), Heading(people), text, square("#0000ff")]),
    ]
    path = folder / "report.en.pdf"
    path.write_bytes(to_pdf(Document("en", "A plan", "S", "F", "C", sections)))
    return path


def test_the_picture_shows_the_top_of_its_pages_side_by_side(tmp_path):
    path = report(tmp_path)
    numbers = TOOL["pages"](path)
    assert numbers[0] == 1 and numbers[1] + 1 == numbers[2]
    picture = Image.open(io.BytesIO(TOOL["picture"](path)))
    assert picture.format == "PNG" and picture.width == TOOL["WIDTH"] and picture.mode == "P"
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    for k, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
        rows, columns = np.nonzero(np.abs(pixels - colour).sum(axis=2) < 40)
        third = picture.width / 3
        assert rows.size > 1000 and k * third <= columns.min() and columns.max() < (k + 1) * third
        assert rows.min() < picture.height / 2, "the page begins at its top"
    assert not (np.abs(pixels - (255, 255, 0)).sum(axis=2) < 40).any(), "a page that nobody asked for"


@pytest.mark.parametrize("lacking", [{"plan": "Another chapter"}, {"people": "Another part"}])
def test_a_report_without_the_page_is_refused(tmp_path, lacking):
    with pytest.raises(SystemExit, match=r"no page of .* begins with"):
        TOOL["pages"](report(tmp_path, **lacking))


def test_every_picture_in_the_readme_has_a_target():
    """Those of the report, and screens of the workbench, which are taken in a browser."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for readme in ("README.md", "README.zh.md"):
        shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (ROOT / readme).read_text("utf-8"))
        screens = [p for p in shown if "workbench" in p]
        assert not screens or "-m tools.screens docs/img\n" in makefile
        assert {p.rpartition("/")[0] for p in screens} <= {"docs/img"}
        shown = [p for p in shown if p not in screens]
        assert shown and not [p for p in shown if f"tools/picture.py out/northeast/report.en.pdf {p}\n" not in makefile]


def test_the_report_of_the_package_has_these_headings():
    strings = (ROOT / "src" / "citybelt" / "report" / "strings.csv").read_text("utf-8")
    assert not [h for h in TOOL["HEADINGS"] if h and not re.search(rf"(?m)^[\w.]+,{re.escape(h)},", strings)]
