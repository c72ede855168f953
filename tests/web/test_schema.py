"""Whatever is asked within or beyond the schema, the server answers in words and never breaks.

Long work is left out of the random questions, so that none is begun: its grammar is in ``test_jobs``.
"""

from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from citybelt.web import limits

#: What costs seconds for each question: asked with a few examples only.
SLOW = ("/api/open", "/api/export", "/api/pages/", "/api/difference", "/api/why")


@pytest.fixture(scope="module")
def asked(served):
    return served(), served()


@pytest.fixture
def no_long_work(monkeypatch):
    """Every job is refused as one too many, after its grammar was read."""
    monkeypatch.setattr(limits, "JOBS_PER_SESSION", 0)


@pytest.fixture(scope="module")
def schema(asked):
    return schemathesis.openapi.from_dict(asked[0].get("/api/openapi.json").json())


def operations(schema):
    return [result.ok() for result in schema.get_all_operations()]


def test_the_schema_is_whole(schema):
    found = {(o.method.upper(), o.path) for o in operations(schema)}
    assert len(found) >= 35
    for path in ("/api/exact", "/api/preview", "/api/why", "/api/flows", "/api/jobs", "/api/open", "/api/export"):
        assert ("POST", path) in found


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_nothing_breaks_it(schema, asked, no_long_work, mode):
    browser, seen = asked[1], {}
    for operation in operations(schema):
        few = operation.path.startswith(SLOW) or operation.path.endswith("/events")
        try:
            strategy = operation.as_strategy(generation_mode=mode)
        except Unsatisfiable:  # nothing can be wrong with a request that says nothing
            continue
        _ask(browser, strategy, 2 if few else 10, seen)
    wanted = {200, 201, 400} if mode == schemathesis.GenerationMode.POSITIVE else {422}
    assert wanted <= set(seen), seen.keys()


def _ask(browser, strategy, examples, seen):
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def ask(case):
        asked = case.as_transport_kwargs(base_url=str(browser.base_url))
        headers = {k: v for k, v in (asked.get("headers") or {}).items() if k.lower() not in ("cookie", "host")}
        given = {k: asked[k] for k in ("method", "url", "json", "data", "params") if asked.get(k) is not None}
        if isinstance(given.get("data"), bytes | str):
            given["content"] = given.pop("data")
        found = browser.request(**given, headers=headers)
        seen[found.status_code] = seen.get(found.status_code, 0) + 1
        assert found.status_code < 500 or found.status_code == 503, (found.status_code, asked, found.text[:500])
        if found.status_code >= 400:
            assert found.json()["status"] == "error"

    with suppress(Unsatisfiable):
        ask()
