"""Who computes when: sessions take turns, long answers leave room for short ones, nobody works for nobody."""

import asyncio
import threading

import pytest

from citybelt.web import limits
from citybelt.web.jobs import Jobs
from citybelt.web.store import Store
from citybelt.web.turns import Busy, Fair, Turns, go_on


class Asks:
    """A request whose page may be closed."""

    def __init__(self):
        self.gone = False

    async def is_disconnected(self):
        return self.gone


def test_sessions_take_turns():
    async def order():
        gate, done = Fair(1), []

        async def ask(session):
            async with gate.turn(session):
                done.append(session)
                await asyncio.sleep(0)

        await asyncio.gather(*map(ask, ["a", "a", "a", "a", "b", "b", "c"]))
        return done

    assert asyncio.run(order()) == ["a", "b", "c", "a", "b", "a", "a"]


def test_a_turn_that_was_called_off_is_passed_on():
    async def left():
        gate = Fair(1)

        async def ask():
            async with gate.turn("a"):
                await asyncio.sleep(0)

        async with gate.turn("b"):
            tasks = [asyncio.create_task(ask()) for _ in range(3)]
            await asyncio.sleep(0)
            tasks[0].cancel()
        tasks[1].cancel()  # just as it is let in
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(10), gate.turn("c"):
            return gate._free, len(gate._waiting)

    assert asyncio.run(left()) == (0, 0)


def test_long_answers_leave_a_thread_to_short_ones():
    async def short():
        turns, end = Turns(workers=2), threading.Event()
        long = [asyncio.create_task(turns.run(Asks(), s, lambda: end.wait(60), long=True)) for s in "aabb"]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(30):
                return await turns.run(Asks(), "c", lambda: "at once")
        finally:
            end.set()
            assert all(await asyncio.gather(*long))
            turns.close()

    assert asyncio.run(short()) == "at once"


@pytest.mark.parametrize("closed", [True, False])
def test_work_ends_when_nobody_waits(monkeypatch, closed):
    monkeypatch.setattr(limits, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(limits, "SOLVE_SECONDS", 60.0 if closed else 0.2)

    async def ended():
        turns, asks, begun, over = Turns(workers=1), Asks(), threading.Event(), threading.Event()

        def work():
            begun.set()
            try:
                while not over.wait(0.01):
                    go_on()
            finally:
                over.set()

        asked = asyncio.create_task(turns.run(asks, "a", work, long=True))
        await asyncio.to_thread(begun.wait, 30)
        asks.gone = closed
        with pytest.raises(Busy):
            await asyncio.wait_for(asked, 30)
        assert await turns.run(Asks(), "a", lambda: True)  # its place is free again
        turns.close()
        return over.is_set()

    assert asyncio.run(ended())


def test_why_asks_whether_to_go_on(bench, monkeypatch):
    """The answer that solves most equilibria can be stopped between two."""
    from citybelt.web import turns
    from citybelt.web.schema import Change
    from citybelt.web.why import why

    stop = threading.Event()
    stop.set()
    monkeypatch.setattr(turns._HERE, "stop", stop, raising=False)
    with pytest.raises(Busy):
        why(bench, Change(levers={"research_dalian": 1.2345, "research_harbin": 1.2345}), "welfare", "cluster")


@pytest.fixture
def idle(tmp_path, monkeypatch):
    """A queue of jobs of which none begins."""
    monkeypatch.setattr(limits, "JOBS_RUNNING", 0)
    return Jobs(Store(tmp_path), "northeast", {})


def test_work_of_sessions_takes_turns(idle):
    for session in "aaabba":
        idle.add(session * 32, {"kind": "verify"}, {})
    assert [j.session[0] for j in idle.waiting] == ["a", "b", "a", "b", "a", "a"]
    assert [idle.position(j) for j in idle.waiting] == [1, 2, 3, 4, 5, 6]


def test_a_queue_that_ends_tells_so(idle, monkeypatch):
    monkeypatch.setattr(limits, "JOBS_WAITING", 3)
    for session in "abc":
        idle.add(session * 32, {"kind": "verify"}, {})
    with pytest.raises(Busy) as full:
        idle.add("d" * 32, {"kind": "verify"}, {})
    assert full.value.status == 503


def test_what_was_called_off_does_not_pile_up(idle, monkeypatch):
    monkeypatch.setattr(limits, "JOBS_KEPT", 3)
    for _ in range(9):
        idle.drop(idle.add("a" * 32, {"kind": "verify"}, {}))
    place = idle.store.of("a" * 32, "jobs")
    assert len(idle.all) == len(list(place.iterdir())) == 3 and not idle.waiting


def test_a_clock_that_jumps_back_forgets_nothing_new(idle, monkeypatch):
    from citybelt.web import jobs

    first = idle.add("a" * 32, {"kind": "verify"}, {})
    monkeypatch.setattr(jobs, "now", lambda: "1999-01-01T00:00:00.000Z")
    second = idle.add("a" * 32, {"kind": "verify"}, {})
    assert idle.of("a" * 32) == [second, first]
