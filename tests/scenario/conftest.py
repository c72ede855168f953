"""The small world and its levers, for the tests that need no other."""

import pytest

from small_world import small_levers, small_world


@pytest.fixture(scope="module")
def dataset():
    return small_world()


@pytest.fixture(scope="module")
def lever(dataset):
    """Its levers by name."""
    return {one.id: one for one in small_levers(dataset)}
