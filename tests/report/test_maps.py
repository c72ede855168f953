"""Maps: classes that hold every value, labels that do not collide, own fonts only, the official map."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.errors import InputError
from citybelt.geo import polygons
from citybelt.geo.network import Network
from citybelt.report import fonts, maps
from citybelt.report.canvas import TEXT

NODES = Network.load().nodes
CITIES = [c for c in NODES.loc[NODES["kind"] == "city", "node"] if c[:2] in ("21", "22", "23")]


def values(seed=0, low=-9.0, high=7.0):
    return pd.Series(np.random.default_rng(seed).uniform(low, high, len(CITIES)), CITIES)


def written(figure, axes=0):
    return [t.get_text() for t in figure.axes[axes].texts if t.get_text()]


def legend_lines(figure):
    return [t.get_text() for t in figure.legends[0].get_texts()]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6), min_size=1, max_size=60), st.booleans())
def test_classes_cover_every_value_and_part_at_zero(data, diverging):
    b = maps.class_breaks(data, diverging=diverging)
    assert (np.diff(b) > 0).all() or len(set(data)) == 1
    assert b[0] <= min(data) and max(data) <= b[-1]
    if diverging and min(data) < 0 < max(data):
        assert 0.0 in b


def test_quantile_classes_hold_about_as_many_each():
    data = np.random.default_rng(3).lognormal(size=500)
    counts = np.histogram(data, maps.class_breaks(data, classes=5))[0]
    assert len(counts) == 5 and counts.min() > 60


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_choropleth_counts_every_city_once(lang):
    v = values()
    v.iloc[:3] = np.nan
    figure = maps.choropleth(CITIES, v, title="t", unit="%", lang=lang, diverging=True)
    lines = legend_lines(figure)
    assert sum(int(x.rsplit("(", 1)[1].rstrip(")")) for x in lines) == 36
    assert lines[-1].startswith(TEXT["no_data"][lang]) and lines[-1].endswith("(3)")
    names = written(figure)
    assert ("哈尔滨" if lang == "zh" else "Harbin") in names
    assert ("俄罗斯" if lang == "zh" else "Russia") in names


def test_class_counts_equal_a_histogram():
    v = values(seed=4, low=1, high=90)
    breaks = [0, 20, 50, 100]
    lines = legend_lines(maps.choropleth(CITIES, v, title="t", unit="u", breaks=breaks))
    got = [int(x.rsplit("(", 1)[1].rstrip(")")) for x in reversed(lines)]
    assert got == np.histogram(v, breaks)[0].tolist()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_labels_stay_in_the_frame_and_apart(lang):
    figure = maps.choropleth(CITIES, values(), title="t", unit="u", lang=lang)
    axes = figure.axes[0]
    renderer = figure.canvas.get_renderer()
    texts = [t for t in axes.texts if t.get_text() and t.get_zorder() in (4.0, 5.0)]
    boxes = [t.get_window_extent(renderer) for t in texts]
    frame = axes.get_window_extent(renderer)
    assert len(boxes) >= 36
    for k, box in enumerate(boxes):
        assert frame.x0 < box.x0 and box.x1 < frame.x1 and frame.y0 < box.y0 and box.y1 < frame.y1
        assert not any(box.overlaps(other) for other in boxes[k + 1 :])


def test_falls_are_hatched_so_that_they_can_be_told_in_grey():
    figure = maps.choropleth(CITIES, values(), title="t", unit="u", diverging=True)
    handles = figure.legends[0].get_patches()
    for handle, line in zip(handles, legend_lines(figure), strict=True):
        assert bool(handle.get_hatch()) == line.startswith("−")


def test_sequential_colours_darken_with_the_value():
    from matplotlib.colors import to_rgb

    grey = [np.dot(to_rgb(c), (0.2126, 0.7152, 0.0722)) for c in maps.SEQUENTIAL]
    assert (np.diff(grey) < -0.03).all()


def test_the_projection_keeps_areas():
    from citybelt.report.canvas import open_canvas

    canvas = open_canvas(CITIES, title="t")
    flat = np.array([s.area for s in canvas.shapes]) / 1e6
    assert flat == pytest.approx(polygons.areas_km2(CITIES), rel=0.02)
    assert flat.sum() == pytest.approx(polygons.areas_km2(CITIES).sum(), rel=1e-3)


def test_the_national_map_shows_all_of_china_and_the_dashed_line():
    codes = [c for c in polygons.provinces().index if c not in ("710000", "810000", "820000")]
    v = pd.Series(np.arange(len(codes), dtype=float), codes)
    figure = maps.national_map(v, title="t", unit="u", lang="zh")
    main, inset = figure.axes
    assert {"台湾", "西藏", "新疆", "黑龙江"} <= set(written(figure)) and "南海诸岛" in written(figure, 1)
    assert legend_lines(figure)[-1].endswith("(3)")
    x0, x1, y0, y1 = (*inset.get_xlim(), *inset.get_ylim())
    reach = [p.get_path().get_extents() for p in inset.patches if p.get_facecolor()[3] == 0]
    assert min(b.y0 for b in reach) < y0 + 0.15 * (y1 - y0) and any(b.width > 0.5 * (x1 - x0) for b in reach)
    assert inset.get_position().x1 == pytest.approx(main.get_position().x1)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_map_of_words_counts_every_city_once(lang):
    words = pd.Series([f"word {k % 11}" for k in range(len(CITIES))], CITIES)
    words.iloc[-1] = None
    figure = maps.kinds(CITIES, words, title="t", lang=lang, other="rest")
    lines = [line.replace("\n", " ") for line in legend_lines(figure)]
    assert sum(int(x.rsplit("(", 1)[1].rstrip(")")) for x in lines) == 36
    assert lines[-2].startswith("rest") and lines[-1].startswith(TEXT["no_data"][lang])
    assert len(lines) == len(maps.KINDS) + 2
    looks = [(p.get_facecolor(), p.get_hatch()) for p in figure.legends[0].get_patches()]
    assert len(set(looks)) == len(looks)
    assert ("哈尔滨市" if lang == "zh" else "Harbin") in written(figure) or "哈尔滨" in written(figure)


def test_the_links_that_most_hangs_on_are_the_widest():
    net = Network.load()
    roads = net.open_edges[lambda e: (e["mode"] == "road") & e["a"].isin(CITIES) & e["b"].isin(CITIES)]["edge"]
    losses = pd.Series(1.2 ** np.arange(len(roads)), list(roads))
    figure = maps.network_map(net, CITIES, losses, title="t", unit="%", top=12, other="others")
    lines = [c for c in figure.axes[0].collections if c.get_linewidth()[0] > 1]
    wide = sorted(lines, key=lambda c: c.get_linewidth()[0])
    assert sum(len(c.get_segments()) for c in lines) == 12 and len(wide) == len(maps.LINKS)
    counts = [int(x.rsplit("(", 1)[1].rstrip(")")) for x in legend_lines(figure)[:-1]]
    assert counts == [len(c.get_segments()) for c in reversed(wide)] and legend_lines(figure)[-1] == "others"
    at, ends = net.nodes.set_index("node"), net.edges.set_index("edge").loc[losses.idxmax(), ["a", "b"]]
    from citybelt.report.canvas import open_canvas

    x, y = open_canvas(CITIES, title="t").xy(at.loc[ends, "lon"], at.loc[ends, "lat"])
    assert any(np.allclose(segment, np.c_[x, y]) for segment in wide[-1].get_segments())


def test_svg_needs_no_font_and_png_is_a_picture():
    figure = maps.choropleth(CITIES, values(), title="人口 2020", unit="万人", lang="zh")
    svg = maps.to_svg(figure)
    assert svg.startswith("<svg") and "<text" not in svg and "font-family" not in svg
    assert len(svg) < 700_000
    from PIL import Image

    picture = Image.open(io.BytesIO(maps.to_png(figure, 80)))
    assert picture.size[0] == pytest.approx(170 / 25.4 * 80, abs=2) and len(picture.getcolors(1 << 24) or []) > 20


def test_no_text_asks_for_a_system_font():
    figure = maps.national_map(pd.Series({"210000": 1.0}), title="标题", unit="u", lang="zh", subtitle="s")
    import matplotlib.text

    texts = [t for t in figure.findobj(matplotlib.text.Text) if t.get_text()]
    assert {t.get_fontfamily()[0] for t in texts} == {fonts.FAMILY}


def test_the_fonts_hold_all_of_gb2312_and_their_licence():
    ttf = pytest.importorskip("fontTools.ttLib")
    want = {chr(c) for c in range(32, 127)} | set("αβγθκλμπρστ–—−≤≥×€¥°²³é")
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                want.add(bytes([high, low]).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    assert len(want) > 6800
    for path in fonts.FOLDER.glob("*.otf"):
        held = set(map(chr, ttf.TTFont(path)["cmap"].getBestCmap()))
        assert not want - held, f"{path.name} lacks {sorted(want - held)[:10]}"
        assert path.stat().st_size < 1.8e6
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts.FOLDER / "OFL.txt").read_text(encoding="utf-8")


def test_regions_without_a_boundary_are_refused():
    with pytest.raises(InputError, match="JPN"):
        maps.choropleth([*CITIES, "JPN"], values(), title="t", unit="u")
