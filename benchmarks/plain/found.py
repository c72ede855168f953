"""What a plain loop gives back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Found(NamedTuple):
    """Where a loop came to rest."""

    wages: np.ndarray  # log changes
    residual: float  # largest relative gap of any market
    rounds: int
