"""Who may ask, and for how much."""

import pytest
from starlette.testclient import TestClient

from citybelt.web import limits
from citybelt.web.guard import Guard

ASKED = {"change": {"levers": {"research_dalian": 1}}}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8765", "", "a b", "[::"])
def test_other_names_are_not_answered(browser, host):
    assert browser.get("/api/world", headers={"host": host}).status_code == 403
    assert browser.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:9"])
def test_names_of_loopback_are(served, host):
    assert served(session=False).get("/api/session", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:8765", "http://127.0.0.1:1"])
def test_other_origins_are_refused(browser, origin):
    found = browser.post("/api/exact", json=ASKED, headers={"origin": origin})
    assert found.status_code == 403 and "access-control-allow-origin" not in found.headers
    assert browser.get("/api/scenarios", headers={"origin": origin}).status_code == 403


def test_the_own_origin_is_not(browser):
    headers = {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"}
    assert browser.post("/api/exact", json=ASKED, headers=headers).status_code == 200
    assert browser.post("/api/exact", json=ASKED, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_preflight_gets_no_leave(browser):
    headers = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    found = browser.options("/api/exact", headers=headers)
    assert found.status_code >= 400 and not [h for h in found.headers if h.startswith("access-control")]


def test_the_page_may_run_its_own_files_only(browser):
    for path in ("/", "/api/world", "/api/nothing"):
        policy = browser.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert browser.get(path).headers["x-content-type-options"] == "nosniff"


def test_sessions_are_made_by_the_server(served):
    stranger = served(session=False)
    assert stranger.get("/api/world").status_code == 401
    cookie = stranger.get("/api/session").headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert stranger.get("/api/drafts").status_code == 200
    name, stranger = cookie.partition("=")[0], served(session=False)
    for forged in ("a", "a.b", "a.", ".b", "x" * 5000, "é.é"):
        headers = {"cookie": f"{name}={forged}".encode()}
        assert stranger.get("/api/drafts", headers=headers).status_code == 401


def test_a_visit_from_elsewhere_does_not_replace_the_session(served):
    """A link on another site opens the page; were a session made there, its owner's drafts would be out of reach."""
    for site in ("cross-site", "same-site", "none"):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": "navigate"}
        found = served(session=False).get("/", headers=headers)
        assert found.status_code == 200 and "set-cookie" not in found.headers
    assert served(session=False).get("/api/session", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_session_lasts_as_long_as_it_is_used(served):
    browser = served(session=False)
    first = browser.get("/api/session").headers["set-cookie"]
    assert "Max-Age=" in first and browser.get("/api/session").headers["set-cookie"] == first


def test_cookies_of_other_servers_of_the_host_hide_none(served):
    cookie = served(session=False).get("/api/session").headers["set-cookie"].partition(";")[0]
    for other in ('a={"b": 1}', 'a="', "a[b]:c=\\", "=;;", "a"):
        headers = {"cookie": f"{other}; {cookie}; {other}"}
        assert served(session=False).get("/api/drafts", headers=headers).status_code == 200


def test_servers_on_one_host_keep_their_cookies_apart(served, bench, tmp_path):
    """All ports of a host share their cookies."""
    from citybelt.web.app import make

    browser = served(session=False)
    first = browser.get("/api/session").json()["id"]
    with TestClient(make(bench, b"t" * 32, folder=tmp_path), base_url=str(browser.base_url)) as other:
        other.cookies = browser.cookies
        assert other.get("/api/session").json()["id"] != first
    assert browser.get("/api/session").json()["id"] == first


def test_bodies_are_limited(browser):
    big = b'{"change": {"levers": {"' + b"a" * limits.BODY + b'": 1}}}'
    json_type = {"content-type": "application/json"}
    assert browser.post("/api/exact", content=big, headers=json_type).status_code == 413
    assert browser.post("/api/open", content=b"a" * (limits.UPLOAD + 1)).status_code == 413
    streamed = browser.post("/api/exact", content=iter([b" " * 100_000] * 4), headers=json_type)
    assert streamed.status_code == 413
    many = {"change": {"levers": {f"a{k}": 1 for k in range(500)}}}
    assert browser.post("/api/exact", json=many).status_code == 422
    assert browser.post("/api/exact", content=b"{}", headers={"content-type": "text/plain"}).status_code == 422


BODIES = [
    b"", b"{", b"[" * 5000, b'"\xff"', b"null", b"[]", b'{"change": {"levers": {"research_dalian": NaN}}}',
    b'{"change": {"levers": {"research_dalian": 1e999}}}',
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_no_body_breaks_it(browser, body):
    found = browser.post("/api/exact", content=body, headers={"content-type": "application/json"})
    assert 400 <= found.status_code < 500 and found.json()["status"] == "error"


def test_a_token_is_needed_where_others_can_come(bench, data):
    from citybelt.web.app import make

    app = make(bench, b"s" * 32, token="right-token", hosts=(), folder=data)
    with TestClient(app, base_url="http://10.0.0.5:8765", follow_redirects=False) as client:
        for path in ("/", "/api/session", "/assets/index.js"):
            assert client.get(path).status_code == 401
        assert client.get("/?token=wrong-token").status_code == 401
        assert client.get("/api/session", headers={"authorization": "Bearer wrong"}).status_code == 401
        assert client.get("/api/session", headers={"authorization": "Bearer right-token"}).status_code == 200
        entered = client.get("/?token=right-token", headers={"sec-fetch-site": "cross-site"})
        assert entered.status_code == 303 and entered.headers["location"] == "/"
        cookie = entered.headers["set-cookie"]
        assert "SameSite=Lax" in cookie and "Max-Age" not in cookie  # a link in a mail works; the token ends with us
        assert client.get("/api/session").json()["shared"] is True


def test_a_crowd_waits_and_then_is_told_so(browser, monkeypatch):
    monkeypatch.setattr(limits, "PER_SESSION", 0)
    found = browser.post("/api/exact", json=ASKED)
    assert found.status_code == 429 and found.headers["retry-after"] == "1" and "Try again" in found.text


def test_a_signature_says_who_made_it():
    here, there = Guard(None, b"a" * 32), Guard(None, b"b" * 32)
    id, signed = here.new_session()
    assert here.session_of(signed) == id and len(id) == 32
    assert there.session_of(signed) == "" and here.session_of(signed + "0") == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9"])
def test_loopback_is_known(host):
    from citybelt.web.serve import is_loopback

    assert is_loopback(host) and not is_loopback("0.0.0.0") and not is_loopback("example.org")


def test_every_address_of_loopback_answers_to_itself(monkeypatch, tmp_path):
    """``--host 127.9.9.9`` prints that address."""
    import uvicorn

    from citybelt.web import app, bench, serve

    asked = {}
    monkeypatch.setenv("CITYBELT_DATA", str(tmp_path))
    monkeypatch.setattr(bench, "Bench", lambda *a, **k: None)
    monkeypatch.setattr(app, "make", lambda bench, secret, token, hosts, **k: asked.update(hosts=hosts, token=token))
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    serve.serve("northeast", host="127.9.9.9", port=0, browser=False, tell=lambda text: None)
    assert "127.9.9.9" in asked["hosts"] and asked["token"] == ""


def test_the_secret_is_kept_and_private(tmp_path):
    from citybelt.web.serve import secret_of

    first = secret_of(tmp_path)
    assert len(first) == 32 and secret_of(tmp_path) == first
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    (tmp_path / "secret").write_bytes(b"cut")
    assert len(secret_of(tmp_path)) == 32
