"""Bring your own trade model: a folder of plain tables, solved without writing code.

    import citybelt as cb

    cb.trade.example("mine")       # a complete folder of synthetic numbers, to start from
    result = cb.trade("mine")      # read, check, solve, certify
    result.by_region               # a pandas table

``files`` says what every file and column is, ``read`` makes an ``Economy`` of a folder and ``write`` a folder of an
economy, ``equilibrium`` solves it before and after, ``effects`` says what changed, ``result`` shows it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {"Economy": "economy", "Settings": "settings", "Trade": "result", "compute": "equilibrium", "example": "sample"}

__all__ = list(_HOME)

if TYPE_CHECKING:
    from citybelt.trade.economy import Economy as Economy
    from citybelt.trade.equilibrium import compute as compute
    from citybelt.trade.result import Trade as Trade
    from citybelt.trade.sample import example as example
    from citybelt.trade.settings import Settings as Settings


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
