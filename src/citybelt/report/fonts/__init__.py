"""The report's own fonts, a subset of Noto Sans CJK SC (``OFL.txt``), so that Chinese needs no system font."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FAMILY = "Citybelt Sans"
FOLDER = Path(__file__).parent


@cache
def register() -> str:
    """Make the fonts known to matplotlib and return the family name."""
    from matplotlib.font_manager import fontManager

    for path in sorted(FOLDER.glob("*.otf")):
        fontManager.addfont(path)
    return FAMILY
