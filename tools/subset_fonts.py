"""Cut the fonts of the report from Noto Sans CJK SC: GB2312, Latin, Greek, punctuation and symbols.

    apt-get download fonts-noto-cjk && dpkg-deb -x fonts-noto-cjk_*.deb FOLDER
    python tools/subset_fonts.py FOLDER/usr/share/fonts/opentype/noto

Writes them beside ``citybelt.report.fonts``; the report reduces them further to the letters that it uses. Licence:
OFL.txt there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection

OUT = Path(__file__).parent.parent / "src" / "citybelt" / "report" / "fonts"
SIMPLIFIED_CHINESE = 2  # place of the SC face in the collections
RANGES = [
    (0x0020, 0x007E), (0x00A0, 0x017F), (0x02C6, 0x02DD), (0x0391, 0x03C9), (0x2010, 0x2027), (0x2030, 0x205E),
    (0x2070, 0x209C), (0x20A0, 0x20BF), (0x2100, 0x214F), (0x2150, 0x218F), (0x2190, 0x21FF), (0x2200, 0x22FF),
    (0x2460, 0x24FF), (0x2500, 0x257F), (0x25A0, 0x25FF), (0x2600, 0x2606), (0x2713, 0x2718), (0x3000, 0x303F),
    (0xFF01, 0xFFE6),
]  # fmt: skip


def characters() -> set[int]:
    """Code points kept: every GB2312 character and the ranges above."""
    kept = {c for a, b in RANGES for c in range(a, b + 1)}
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                kept.add(ord(bytes([high, low]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return kept


def subset(collection: Path, weight: str) -> None:
    font = TTCollection(str(collection), lazy=True).fonts[SIMPLIFIED_CHINESE]
    options = Options(layout_features=["kern"], hinting=False, desubroutinize=False, glyph_names=False,
                      notdef_outline=True, drop_tables=["vhea", "vmtx", "VORG", "BASE", "DSIG"])  # fmt: skip
    font["cmap"].tables = [t for t in font["cmap"].tables if t.format != 14]  # no variation sequences
    cut = Subsetter(options)
    cut.populate(unicodes=characters())
    cut.subset(font)
    for record in font["name"].names:  # one family name that no installed Noto shares
        if record.nameID in (1, 16):
            record.string = "Citybelt Sans"
        elif record.nameID in (2, 17):
            record.string = weight
        elif record.nameID == 4:
            record.string = f"Citybelt Sans {weight}"
        elif record.nameID == 6:
            record.string = f"CitybeltSans-{weight}"
    cff = font["CFF "].cff
    cff.fontNames = [f"CitybeltSans-{weight}"]
    cff.topDictIndex[0].FamilyName = "Citybelt Sans"
    cff.topDictIndex[0].FullName = f"Citybelt Sans {weight}"
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"CitybeltSans-{weight}.otf"
    font.save(path)
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {len(font.getGlyphOrder())} glyphs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder that holds NotoSansCJK-Regular.ttc and -Bold.ttc")
    args = parser.parse_args()
    for weight in ("Regular", "Bold"):
        subset(args.folder / f"NotoSansCJK-{weight}.ttc", weight)
