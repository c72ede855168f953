"""A world of 2010 made of what was known then, run to 2020, and scored against the census of 2020."""

from __future__ import annotations

from citybelt.hindcast.result import Hindcast, hindcast

__all__ = ["Hindcast", "hindcast"]
