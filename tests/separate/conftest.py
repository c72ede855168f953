"""One planning problem on the Northeast, shared by the tests of the plan."""

import pytest


@pytest.fixture(scope="session")
def posed(northeast):
    """The Northeast's problem with every lever, at the default budget and floors, and which levers it may not use."""
    from citybelt.plan.solved.pose import problem

    return problem(northeast)


@pytest.fixture(scope="session")
def whole(posed):
    return posed[0]


@pytest.fixture(scope="session")
def fixed(posed):
    return posed[1]


@pytest.fixture(scope="session")
def best(whole, fixed):
    from citybelt.plan.solved.optimise import maximise

    return maximise(whole, fixed=fixed)
