"""The page on your own trade model says all that the reader of a folder knows."""

import re

import pytest

from checkout import ROOT
from citybelt.trade.files import FORMS, REMARKS
from citybelt.trade.settings import CHOICES, NUMBERS, REPAIRS, TEXTS, settings
from citybelt.trade.shocks import FIELDS

PAGES = [pytest.param(ROOT / "docs" / folder / "trade.md", id=folder or "en") for folder in ("", "zh")]


@pytest.mark.parametrize("page", PAGES)
def test_every_file_column_setting_and_shock_is_documented(page):
    text = page.read_text("utf-8")
    rows = {line.split("|")[1].strip().strip("`"): line for line in text.splitlines() if line.startswith("| `")}
    for name, form in FORMS.items():
        assert not [c for c in form.columns if f"`{c}`" not in rows[name]], name
    assert not [r for r in REMARKS if f"`{r}`" not in text]
    assert not [k for k in (*CHOICES, *NUMBERS, *REPAIRS) if f"`{k}`" not in text]
    assert not [w for words in (*CHOICES.values(), *REPAIRS.values()) for w in words if f"`{w}`" not in text]
    for field, about in FIELDS.items():
        cells = [c.strip() for c in rows[field].split("|")[2:6]]
        assert [bool(c) for c in cells] == [a in about.axes for a in ("region", "partner", "sector")] + [True], field


@pytest.mark.parametrize("page", PAGES)
def test_the_settings_on_the_page_are_valid(page, tmp_path):
    (block,) = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.S)
    (tmp_path / "model.yaml").write_text(block, "utf-8")
    found, problems = settings(tmp_path / "model.yaml")
    assert problems == [] and all(getattr(found, t) for t in TEXTS)
    assert found.deficits == "zero" and found.repair["shares"] == "scale"


@pytest.mark.parametrize("page", PAGES)
def test_the_default_of_a_choice_is_the_one_said(page):
    text = page.read_text("utf-8")
    for key, words in (*CHOICES.items(), *REPAIRS.items()):
        row = next(line for line in text.splitlines() if line.startswith(f"| `{key}` | `{words[0]}`"))
        assert re.search(rf"`{words[0]}` ?[(（](default|默认)", row), key
