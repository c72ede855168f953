"""The case of Caliendo and Parro (2015): both forms of its figures, and a reader that says what is wrong in a file."""

import shutil

import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.replicate import caliendo_parro_2015 as case
from citybelt.replicate import compute


def test_the_formula_and_the_exact_effect_are_both_given_by_name(cases):
    """Mexico gains 1.31 % by the paper's formula and 0.007 % exactly, in the same two equilibria."""
    found = {(f.group[0], f.name): f.computed for f in compute(case.NAME, cases).figures}
    assert found["Table 2: welfare, first-order formula", "Mexico"] == pytest.approx(1.31, abs=0.005)
    assert found["Balanced trade: real income, exact", "Mexico"] == pytest.approx(0.0073232, abs=1e-6)


def test_the_data_add_up(cases):
    data = case.read(cases / case.NAME)
    n, j = case.COUNTRIES, case.SECTORS
    assert data["trade"].shape == (j, n, n) and data["theta"].shape == (j,)
    own = np.arange(n)
    assert not data["tariff"][:, own, own].any() and not data["trade"][case.TRADABLE :, own, own - 1].any()
    np.testing.assert_allclose(data["va"] + data["inputs"].sum(axis=2), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "spoil", "says"),
    [
        ("GO.txt", lambda lines: lines[:-1], "39 x 31 numbers, not 40 x 31"),
        ("T.txt", lambda lines: ["n/a", *lines[1:]], "no number"),
        ("IO.txt", lambda lines: [lines[0] + "\t1", *lines[1:]], "IO.txt"),
        ("B.txt", lambda lines: [lines[0], "nan\t" + lines[1].split("\t", 1)[1], *lines[2:]], "no number at [2, 1]"),
    ],
)
def test_a_malformed_file_is_named(cases, tmp_path, name, spoil, says):
    for file in case.FILES:
        shutil.copyfile(cases / case.NAME / file, tmp_path / file)
    lines = (tmp_path / name).read_text().splitlines()
    (tmp_path / name).write_text("\n".join(spoil(lines)))
    with pytest.raises(InputError) as caught:
        case.read(tmp_path)
    assert name in str(caught.value) and says in str(caught.value)
