"""One planning problem on the Northeast, shared by the tests of the plan."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def whole(northeast):
    """The Northeast's problem with every lever, at the default budget and floors."""
    from citybelt.plan.make import problem

    return problem(northeast, 0.005, "cluster", 1.0)


@pytest.fixture(scope="session")
def fixed(whole):
    return np.array([lever.conditional for lever in whole.levers])


@pytest.fixture(scope="session")
def best(whole, fixed):
    from citybelt.plan.optimise import maximise

    return maximise(whole, fixed=fixed)
