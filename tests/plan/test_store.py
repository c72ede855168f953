"""Finished pieces of long work: a killed run goes on with the same numbers, and no piece of other work is used."""

import os
import pickle
import signal
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from citybelt.plan import store as module
from citybelt.plan.asked.brief import Brief, Target
from citybelt.plan.store import Store, key, of_data
from small_world import small_world

#: Twelve pieces of slow sums; a line on standard output for each that is made, none for those that are there.
WORK = """
import hashlib, os, signal, sys
import numpy as np
from citybelt.plan.store import Store

store, last = Store(sys.argv[1], "work"), int(sys.argv[2])

def piece(k):
    print(k, flush=True)
    if k == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"sums": np.random.default_rng(k).normal(size=(50, 7)).cumsum(axis=0), "names": np.array(["a", "市"])}

whole = [store.keep(f"piece:{k}", lambda k=k: piece(k)) for k in range(12)]
print(hashlib.sha256(b"".join(p["sums"].tobytes() for p in whole)).hexdigest())
"""


def work(folder, last=-1):
    return subprocess.run([sys.executable, "-c", WORK, str(folder), str(last)], capture_output=True, text=True)


def test_a_killed_process_goes_on_where_it_was(tmp_path):
    whole = work(tmp_path / "whole")
    killed = work(tmp_path / "killed", last=7)
    assert killed.returncode == -signal.SIGKILL and killed.stdout.split() == [str(k) for k in range(8)]
    again = work(tmp_path / "killed")
    assert again.returncode == 0, again.stderr
    assert again.stdout.split() == [*map(str, range(7, 12)), whole.stdout.split()[-1]]
    assert work(tmp_path / "killed").stdout.split() == whole.stdout.split()[-1:]


ARRAYS = st.dictionaries(
    st.text("abc_", min_size=1, max_size=4),
    hnp.arrays(
        st.sampled_from(["f8", "i8", "?", "U3", "f4"]), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    ),
    max_size=3,
)


@given(arrays=ARRAYS, name=st.text(max_size=300))
def test_what_is_put_comes_back(tmp_path_factory, arrays, name):
    store = Store(tmp_path_factory.mktemp("pieces"), "key")
    assert store.array(name) is None
    store.put(name, **arrays)
    found = store.array(name)
    assert found.keys() == arrays.keys()
    for k, value in arrays.items():
        assert found[k].dtype == value.dtype
        np.testing.assert_array_equal(found[k], value)
    assert Store(store.folder.parents[1], "other").array(name) is None and store.array(name + "x") is None


@pytest.fixture
def piece(tmp_path):
    store = Store(tmp_path, "key")
    store.put("one", a=np.arange(20.0))
    (path,) = store.folder.iterdir()
    return store, path


@pytest.mark.parametrize("keep", [0, 1, 31, 32, 40, 200, -1])
def test_half_a_piece_is_none(piece, keep):
    store, path = piece
    path.write_bytes(path.read_bytes()[:keep])
    assert store.array("one") is None
    made = store.keep("one", lambda: {"a": np.arange(20.0)})
    np.testing.assert_array_equal(made["a"], store.array("one")["a"])


def test_a_piece_with_any_bit_turned_is_none(piece):
    store, path = piece
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        assert store.array("one") is None
    path.write_bytes(content)
    assert store.array("one") is not None


def test_a_piece_moved_to_another_name_or_work_is_none(piece, tmp_path):
    store, path = piece
    store.put("two", a=np.zeros(3))
    (other,) = set(store.folder.iterdir()) - {path}
    other.write_bytes(path.read_bytes())
    assert store.array("two") is None
    elsewhere = Store(tmp_path, "another")
    elsewhere.put("one", a=np.zeros(3))
    next(elsewhere.folder.iterdir()).write_bytes(path.read_bytes())
    assert elsewhere.array("one") is None


class Trap:
    def __reduce__(self):
        return (os.mkdir, ("trapped",))


def test_nothing_in_a_piece_is_executed(piece, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store, path = piece
    with pytest.raises(TypeError, match="objects of Python"):
        store.put("one", a=np.array([Trap()], dtype=object))
    body = pickle.dumps(Trap())
    path.write_bytes(store._digest("one", body) + body)  # whoever writes it knows the digest
    assert store.array("one") is None and not (tmp_path / "trapped").exists()
    np.savez(tmp_path / "trap.npz", a=np.array([Trap()], dtype=object))
    body = (tmp_path / "trap.npz").read_bytes()
    path.write_bytes(store._digest("one", body) + body)
    assert store.array("one") is None and not (tmp_path / "trapped").exists()


def test_a_store_that_keeps_nothing(tmp_path):
    calls = []
    for store in (Store.none(), Store(tmp_path / "file", "key")):
        (tmp_path / "file").write_text("mine")
        for _ in range(2):
            assert store.keep("a", lambda: calls.append(1) or {"x": np.ones(2)})["x"].sum() == 2
        store.clear()
    assert len(calls) == 4 and (tmp_path / "file").read_text() == "mine"


def test_clearing_takes_what_an_older_package_left(tmp_path):
    own, other, old, older = "a" * 12 + "-" + "1" * 32, "a" * 12 + "-" + "2" * 32, "b" * 12 + "-" + "1" * 32, "3" * 32
    for work in (own, other, old, older):
        Store(tmp_path, work).put("one", x=np.ones(1))
    unfinished = tmp_path / ".unfinished"
    (unfinished / older / "notes.txt").write_text("mine")
    (unfinished / "mine").mkdir()
    Store(tmp_path, own).clear()
    assert {p.name for p in unfinished.iterdir()} == {other, older, "mine"}
    assert [p.name for p in (unfinished / older).iterdir()] == ["notes.txt"], "nothing but pieces is removed"
    assert Store(tmp_path, other).array("one") is not None


def test_clearing_leaves_what_is_not_its_own(tmp_path):
    a, b = Store(tmp_path, "a"), Store(tmp_path, "b")
    for store in (a, b):
        store.put("one", x=np.ones(1))
    (tmp_path / "plan.json").write_text("{}")
    a.clear()
    assert a.array("one") is None and b.array("one") is not None
    b.clear()
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]
    Store(None).clear()


def test_threads_and_processes_may_write_one_piece(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    store = Store(tmp_path, "key")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: store.put("same", x=np.full(1000, k % 3)), range(60)))
    found = store.array("same")["x"]
    assert (found == found[0]).all() and len(list(store.folder.iterdir())) == 1


# Results of tables and plain values


@dataclass(frozen=True)
class Found:
    name: str
    table: pd.DataFrame
    rest: object = None


@dataclass(frozen=True)
class Other:
    name: str


PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))


@given(
    numbers=hnp.arrays("f8", (3, 2)), texts=st.lists(st.text(max_size=4), min_size=3, max_size=3),
    mixed=st.lists(PLAIN, min_size=3, max_size=3), rest=st.dictionaries(st.text(max_size=3), PLAIN, max_size=3),
    labelled=st.booleans(),
)  # fmt: skip
def test_a_result_comes_back_as_it_was(tmp_path_factory, numbers, texts, mixed, rest, labelled):
    table = pd.DataFrame(numbers, columns=["a", "市"])
    table["text"], table["mixed"], table["count"] = texts, pd.Series(mixed, dtype=object), [1, 2, 3]
    if labelled:
        table.index = pd.Index(["x", "y", "z"], name="id")
    made = Found("here", table, (rest, [np.float64(0.1), 2], numbers, pd.DataFrame()))
    store = Store(tmp_path_factory.mktemp("pieces"), "key")
    assert store.record("one", lambda: made, Found) is made
    again = store.record("one", lambda: pytest.fail("made again"), Found)
    pd.testing.assert_frame_equal(again.table, table, check_exact=True)
    assert again.name == "here" and repr(again.rest[:2]) == repr((rest, [0.1, 2]))
    number = ~np.isnan(numbers)
    assert again.rest[2][number].tobytes() == numbers[number].tobytes() and again.rest[3].empty
    np.testing.assert_array_equal(again.rest[2], numbers)


def test_a_record_of_another_class_or_with_other_things_is_made_again(tmp_path):
    store, found = Store(tmp_path, "key"), Found("a", pd.DataFrame({"x": [1.0]}))
    store.record("one", lambda: found, Found)
    assert store.record("one", lambda: Other("b"), Other) == Other("b")
    odd = Found("c", pd.DataFrame(), rest=object())
    assert store.record("odd", lambda: odd, Found) is odd and store.array("odd") is None
    levels = pd.DataFrame({"x": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)]))
    assert store.record("levels", lambda: levels) is levels and store.array("levels") is None


# The key


@pytest.fixture(scope="module")
def world():
    return small_world(5)


def changed(world, **options):
    out = small_world(5)
    vars(out).update({k: getattr(world, k) for k in ("vintage", "split", "n_draws")} | options)
    return out


def test_the_key_is_that_of_the_numbers(world):
    asked = Brief().to_json()
    assert key(world, asked) == key(changed(world), asked)
    others = [key(changed(world, **c), asked) for c in ({"vintage": "2021"}, {"split": "mine"}, {"n_draws": 3})]
    for name in ("housing", "input_coef", "name_en"):
        other = changed(world)
        other.x = other.x.copy(deep=True)
        flat = other.x[name].values.reshape(-1)
        flat[0] = "X" + flat[0][1:] if name == "name_en" else np.nextafter(flat[0], np.inf)
        others.append(key(other, asked))
    trade = world.trade() * (1 + 1e-12)
    others.append(key(changed(world, trade=lambda draw=None: trade), asked))
    briefs = [Brief(share=0.004), Brief(targets=(Target("co2", "most", 1.0),)), Brief(payers={"city": 1.0})]
    others += [key(world, b.to_json()) for b in briefs]
    assert len({key(world, asked), *others}) == len(others) + 1


def test_stores_of_other_plans_do_not_mix(world, tmp_path):
    one = Store.of(tmp_path, world, Brief(), 10)
    one.put("draws:0", x=np.ones(2))
    assert Store.of(tmp_path, world, Brief(), 10).array("draws:0") is not None
    assert Store.of(tmp_path, world, Brief(), 20).array("draws:0") is None
    assert Store.of(tmp_path, world, replace(Brief(), starts=0), 10).array("draws:0") is None
    assert Store.of(None, world, Brief(), 10).folder is None


def test_the_key_changes_with_the_package(world, monkeypatch):
    before = key(world, {})
    monkeypatch.setattr(module, "of_package", lambda: "another version")
    assert key(world, {}) != before and len(of_data(world)) == 64
