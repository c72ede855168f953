"""A server of the Northeast, loaded once, and browsers that ask it."""

from contextlib import ExitStack

import pytest

HERE = "http://127.0.0.1:8765"


@pytest.fixture(scope="session")
def bench():
    """The world of all servers of the tests."""
    from citybelt.web.bench import Bench

    return Bench("northeast")


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """The folder where the server keeps drafts."""
    return tmp_path_factory.mktemp("workbench")


@pytest.fixture(scope="session")
def served(bench, data):
    """A running application, and a function that opens a browser with a session of its own."""
    from starlette.testclient import TestClient

    from citybelt.web.app import make

    app = make(bench, b"s" * 32, folder=data)
    with ExitStack() as stack:
        first = stack.enter_context(TestClient(app, base_url=HERE, raise_server_exceptions=False))

        def browser(session=True):
            client = TestClient(app, base_url=HERE, raise_server_exceptions=False)
            client.portal = first.portal  # the loop in which the application lives
            if session:
                assert client.get("/api/session").status_code == 200
            return client

        yield browser


@pytest.fixture
def browser(served):
    """A browser with a session of its own."""
    return served()
