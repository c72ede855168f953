"""Tables and labels for a terminal of any width. Nothing in a table is cut: where it is too wide, the least
important columns give room first and their texts wrap; names and numbers keep theirs as long as they can.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.text import Text

#: Cells between two columns.
GAP = 2
#: A text keeps this many cells, and its longest word, until nothing else helps.
TEXT = 14
#: The narrowest a column gets, two wide characters and two more.
NARROWEST = 6

WIDE = "\u2e80-\u2fff\u3040-\ua4cf\uf900-\ufaff"
OPENS, CLOSES = "（《“‘〔", "，。、；：！？）》”’〕…—%*"
#: What a line isn't broken inside: spaces, or a Chinese character or a word with the punctuation that belongs to it.
PIECE = re.compile(rf"\s+|[{OPENS}]*(?:[{WIDE}]|[^\s{WIDE}{OPENS}{CLOSES}]+|[{CLOSES}])[{CLOSES}]*|[{OPENS}]+")

LANGUAGE = {"en": {"en": "English", "zh": "Chinese"}, "zh": {"en": "英文", "zh": "中文"}}


@dataclass(frozen=True)
class Sheet:
    """A table that fits the width it is shown in, for the `rich` library.

    Attributes:
        heads: title of each column.
        rows: cells, as texts; markup in them is shown as it stands, a style needs a `rich.text.Text`.
        title: above the table.
        right: columns set flush right, by place.
        yields: columns that give room, by place, the least important first; the others follow from the right.
        ends: rows followed by an empty line, by place.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str | Text]]
    title: str = ""
    right: Sequence[int] = ()
    yields: Sequence[int] = ()
    ends: Sequence[int] = ()

    def widths(self, room: int) -> list[int]:
        """Cells that each column gets where ``room`` cells are there, the gaps between them included."""
        columns = range(len(self.heads))
        cells = [[str(row[k]) for row in self.rows] for k in columns]
        body = [max([_word(self.heads[k]), *(_line(c) for c in cells[k])]) for k in columns]
        least = [max([_word(self.heads[k]), *(_word(c) for c in cells[k])]) for k in columns]
        wide = [max(body[k], _line(self.heads[k])) for k in columns]
        order = [*self.yields, *(k for k in reversed(columns) if k not in self.yields)]
        room -= GAP * (len(columns) - 1)
        floors = [
            {k: body[k] for k in order},  # heads wrap
            {k: max(least[k], min(body[k], TEXT)) for k in self.yields},  # then texts between words
            {k: least[k] for k in self.yields},
            {k: min(least[k], NARROWEST) for k in order},  # then inside words
        ]
        for floor in floors:
            for k, lowest in floor.items():
                wide[k] -= min(max(0, sum(wide) - room), max(0, wide[k] - lowest))
        return wide

    def __rich_console__(self, console: Any, options: Any) -> Any:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(
            title=Text(self.title) if self.title else None, title_justify="left", box=box.SIMPLE_HEAD,
            show_edge=False, pad_edge=False, padding=(0, 1, 0, 0),
        )  # fmt: skip
        widths = self.widths(options.max_width)
        for k, width in enumerate(widths):
            justify: Any = "right" if k in self.right else "left"
            table.add_column(Text(self.heads[k]), justify=justify, width=width, overflow="fold")
        for n, row in enumerate(self.rows):
            cells = (Text(wrapped(c, w)) if isinstance(c, str) else c for c, w in zip(row, widths, strict=True))
            table.add_row(*cells, end_section=n in self.ends)
        yield table
        yield ""


@dataclass(frozen=True)
class Paragraph:
    """A text that wraps as its language does; in a pipe it stays one line."""

    text: str

    def __rich_console__(self, console: Any, options: Any) -> Any:
        from rich.text import Text

        yield Text(self.text if options.no_wrap else wrapped(self.text, options.max_width))


def wrapped(text: str, width: int) -> str:
    """The text in lines of so many cells: broken at spaces and between Chinese characters, but neither before
    punctuation that closes nor after one that opens. What is longer than a line by itself is left to the terminal.
    """
    from rich.cells import cell_len

    lines = []
    for paragraph in text.split("\n"):
        line, filled = "", 0
        for piece in PIECE.findall(paragraph):
            size = cell_len(piece)
            if filled + size <= width or not line:
                line, filled = line + piece, filled + size
            elif piece.isspace():
                lines.append(line)
                line, filled = "", 0
            else:
                lines.append(line.rstrip(" "))
                line, filled = piece, size
        lines.append(line)
    return "\n".join(lines)


def report_lines(paths: Mapping[str, str | Path], lang: str = "en") -> list[str]:
    """A line for each file of a report, by keys such as ``"en.html"``: what it is and where."""
    lines = []
    for key, path in paths.items():
        language, _, kind = key.partition(".")
        words = [LANGUAGE[lang].get(language, language), *([kind.upper()] if kind else [])]
        lines.append(f"报告，{'，'.join(words)}：{path}" if lang == "zh" else f"report, {', '.join(words)}: {path}")
    return lines


def _line(text: str) -> int:
    """Cells of the longest line."""
    from rich.cells import cell_len

    return max((cell_len(line) for line in text.splitlines()), default=0)


def _word(text: str) -> int:
    """Cells of the longest word; Chinese breaks anywhere."""
    from rich.cells import cell_len

    cells = ((word, cell_len(word)) for word in text.split())
    return max((n if n == len(word) else min(n, NARROWEST) for word, n in cells), default=0)
