"""Every benchmark of the solver runs, once and at its smallest size; nothing is timed."""

import importlib

import pytest

#: Those that start fresh processes are left out: they take as long as what they measure.
SPECS = ("solve", "gradient", "trade", "commuting", "gravity", "cge", "many", "passes")


@pytest.mark.parametrize("name", SPECS)
def test_spec_runs(name, capsys):
    importlib.import_module(f"benchmarks.{name}").main(smoke=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines and "nan" not in " ".join(lines)


def test_every_spec_can_be_run_by_name():
    from benchmarks.__main__ import NAMES

    assert set(SPECS) < set(NAMES)
    for name in NAMES:
        assert callable(importlib.import_module(f"benchmarks.{name}").main)
