"""The documentation is complete in both languages, and its site builds and reads without a network."""

import csv
import html.parser
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import citybelt
from checkout import ROOT, tracked_texts
from citybelt import cli

PACKAGE = ROOT / "src" / "citybelt"

#: Pages that are made when the site is built.
GENERATED = {"levers.md", "parameters.md"}


def commands():
    """Each command of the command line with its options."""
    actions = [a for a in cli.parser()._actions if a.dest == "verb"]
    return {
        name: sorted({o for a in p._actions for o in a.option_strings if o.startswith("--")} - {"--help"})
        for name, p in actions[0].choices.items()
    }


@pytest.mark.parametrize("page", ["docs/cli.md", "docs/zh/cli.md"])
def test_every_command_and_option_is_documented(page):
    text = (ROOT / page).read_text("utf-8")
    for command, options in commands().items():
        assert f"citybelt {command}" in text, command
        assert not [o for o in options if f"`{o}" not in text], command


@pytest.mark.parametrize("page", ["docs/python.md", "docs/zh/python.md"])
def test_every_public_name_is_documented(page):
    text = (ROOT / page).read_text("utf-8")
    assert not [n for n in citybelt.__all__ if f"cb.{n}" not in text]


@pytest.mark.parametrize("page", ["docs/closures.md", "docs/zh/closures.md"])
def test_every_closure_is_documented(page):
    from citybelt.model.accounts import CLOSURES

    text = (ROOT / page).read_text("utf-8")
    for account, (_, choices) in CLOSURES.items():
        assert not [w for w in (account, *choices) if f"`{w}`" not in text], account
        rows = text[text.index(f"| `{account}` |") :].splitlines()
        assert f"`{next(iter(choices))}` " in rows[0].replace("`（", "` ("), "the first choice is the default"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_lever_and_parameter_is_documented(language):
    pages = runpy.run_path(str(ROOT / "tools" / "docs_pages.py"))
    levers, parameters = pages["levers_page"](language), pages["parameters_page"](language)
    with (PACKAGE / "scenario" / "library" / "northeast" / "levers.yaml").open(encoding="utf-8") as stream:
        cards = YAML(typ="safe").load(stream)["levers"]
    assert cards and not [name for name in cards if f"`{name}`:" not in levers]
    assert not [c["name"][language] for c in cards.values() if f"## {c['name'][language]}" not in levers]
    with (PACKAGE / "model" / "elasticities.csv").open(encoding="utf-8", newline="") as stream:
        cells = [f"| {r['symbol']} | {r['sector']} | {r['value']} |" for r in csv.DictReader(stream)]
    assert cells and not [c for c in cells if c not in parameters]


BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.S)


@pytest.mark.parametrize("page", ["start.md", "scenarios.md", "closures.md"])
@pytest.mark.parametrize("folder", ["", "zh/"])
def test_scenarios_in_the_documentation_are_valid(page, folder, tmp_path):
    from citybelt.scenario.scenario import load_scenario

    blocks = BLOCK.findall((ROOT / "docs" / folder / page).read_text("utf-8"))
    written = [text for kind, text in blocks if kind == "yaml"]
    assert written
    for text in written:
        path = tmp_path / "ours.yaml"
        name = "" if "name:" in text else "name: {en: a, zh: b}\n"
        path.write_text(name + text, "utf-8")
        load_scenario(path)


def test_code_in_the_documentation_that_takes_laws_apart_sets_double_precision():
    """Verbs do so themselves; in single precision a start from the census has no life tables."""
    parts = re.compile(r"^from citybelt\.(people|path|model)(?!\.aged\b)[\w.]* import", re.M)
    blocks = [(name, text) for name, page in tracked_texts() if name.endswith(".md") for _, text in BLOCK.findall(page)]
    taken = [(name, text) for name, text in blocks if parts.search(text)]
    assert len(taken) >= 10
    assert not [name for name, text in taken if "configure()" not in text]


def test_commands_in_the_documentation_name_what_exists():
    from citybelt.scenario.scenario import scenarios

    known = {*scenarios("northeast"), "ours.yaml", "WORLD", "SCENARIO"}
    for name, text in tracked_texts():
        if name.endswith(".md"):
            for scenario in re.findall(r"(?:citybelt run \w+ |cb\.run\(\w+, \")([\w.-]+)", text):
                assert scenario in known, f"{name}: {scenario}"


def test_every_page_is_in_the_navigation_and_every_link_leads_somewhere():
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    for page in sorted((ROOT / "docs").rglob("*.md")):
        name = page.relative_to(ROOT / "docs").as_posix()
        assert name in navigation or name.startswith("decisions/"), f"{name} is not in mkdocs.yml"
    for name, text in tracked_texts():
        if name.endswith(".md"):
            for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
                there = (ROOT / name).parent.joinpath(target).exists() or Path(target).name in GENERATED
                assert there, f"{name}: {target}"


#: Pages for those who read the code, in English only.
ENGLISH_ONLY = {"decisions/index.md"}
#: Chinese pages that leave out the tables of the English one.
SHORTER = {"fills.md"}


def navigation():
    """Pages of the two languages in the order of the navigation."""
    sections = YAML(typ="safe").load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
    return [[page for entry in section for page in entry.values()] for each in sections for section in each.values()]


def test_every_user_page_has_its_chinese_sister():
    english, chinese = navigation()
    translated = [f"zh/{page}" for page in english if page not in ENGLISH_ONLY]
    assert chinese == translated, "in the same order; a page translated now leaves ENGLISH_ONLY"


def structure(text):
    """Commands and shapes of the tables of a page: what two languages share."""
    code = [re.sub(r"\s*#.*", "", line) for kind, block in BLOCK.findall(text) if kind == "sh"
            for line in block.splitlines()]  # fmt: skip
    return code, [line.count("|") for line in BLOCK.sub("", text).splitlines() if line.startswith("|")]


SISTERS = sorted(p.name for p in (ROOT / "docs" / "zh").glob("*.md"))


@pytest.mark.parametrize("page", SISTERS)
def test_sisters_have_the_same_commands_and_tables(page):
    english, chinese = (structure((ROOT / "docs" / f / page).read_text("utf-8")) for f in ("", "zh"))
    if page not in SHORTER:
        assert english == chinese
    else:
        assert english != chinese, "no longer shorter"


@pytest.mark.parametrize(
    "page", ["claims.md", "data.md", "diagnosis.md", "evidence.md", "geography.md", "model.md", "plan.md"]
)
def test_no_number_is_lost_in_translation(page):
    english, chinese = ((ROOT / "docs" / f / page).read_text("utf-8") for f in ("", "zh"))
    chinese = chinese.replace("7.4652 亿", "746.52")  # counted in another unit
    number = re.compile(r"\d+(?:[.,]\d+)*")
    assert not set(number.findall(english)) - set(number.findall(chinese))


@pytest.mark.parametrize("page", SISTERS)
def test_chinese_sentences_have_chinese_punctuation(page):
    text = BLOCK.sub("", (ROOT / "docs" / "zh" / page).read_text("utf-8"))
    text = re.sub(r"`[^`]*`", "", text)
    assert not re.findall(r"[\u4e00-\u9fff][,;:!?]|[,;:!?][\u4e00-\u9fff]", text)


def test_readmes_tell_the_same():
    english, chinese = ((ROOT / n).read_text("utf-8") for n in ("README.md", "README.zh.md"))
    code = re.compile(r"```\w*\n(.*?)```", re.S)
    first_words = [
        [re.sub(r"\s*#.*", "", line) for block in code.findall(text) for line in block.splitlines()]
        for text in (english, chinese)
    ]
    assert first_words[0] == first_words[1]


class _Fetched(html.parser.HTMLParser):
    """What a browser would fetch to show a page: scripts, styles, pictures, frames."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in ("script", "img", "iframe", "source"):
            self.found.append(attrs.get("src") or "")
        elif tag == "link" and attrs.get("rel") not in ("canonical", "next", "prev"):
            self.found.append(attrs.get("href") or "")


def test_the_site_builds_and_reads_offline(tmp_path):
    build = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert build.returncode == 0, build.stderr
    pages = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.html")}
    assert {f"{f}{n}.html" for f in ("", "zh/") for n in ("index", "cli", "python", "levers", "parameters")} <= pages
    for page in pages:
        text = (tmp_path / page).read_text("utf-8")
        parser = _Fetched()
        parser.feed(text)
        assert not [a for a in parser.found if a.startswith(("http:", "https:", "//"))], page
        if page != "404.html":
            assert f'<html lang="{"zh-Hans" if page.startswith("zh/") else "en"}"' in text, page
    for style in tmp_path.rglob("*.css"):
        assert not re.findall(r"(?:@import|url\()\s*['\"]?(?:https?:)?//[^)]*", style.read_text("utf-8")), style.name
