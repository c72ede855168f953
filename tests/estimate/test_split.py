import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.estimate.split import redraw


@given(st.integers(0, 5000), st.floats(0.05, 1.0))
@settings(max_examples=25, deadline=None)
def test_totals_of_cities_and_provinces_stay(seed, spread):
    rng = np.random.default_rng(seed)
    regions, sectors = 8, 5
    province = np.array([0, 0, 0, 1, 1, 1, 1, 2])
    output, ratio = rng.lognormal(0, 1, (regions, sectors)), rng.uniform(0.1, 0.6, (regions, sectors))
    output[1, 2] = 0
    drawn = np.array([True, False, True, True, False])
    out = redraw(output, ratio, province, drawn, spread, seed)
    before, after = output * ratio, out * ratio
    np.testing.assert_allclose(after[:, drawn].sum(1), before[:, drawn].sum(1), rtol=1e-9)
    for p in range(3):
        np.testing.assert_allclose(after[province == p].sum(0), before[province == p].sum(0), rtol=1e-9)
    np.testing.assert_array_equal(out[:, ~drawn], output[:, ~drawn])
    np.testing.assert_array_equal(out[7], output[7])
    assert out[1, 2] == 0
    assert np.abs(out[:7][:, drawn] - output[:7][:, drawn]).max() > 0


def test_no_noise_changes_nothing():
    rng = np.random.default_rng(0)
    output = rng.lognormal(0, 1, (6, 4))
    out = redraw(output, np.full((6, 4), 0.3), np.zeros(6, int), np.ones(4, bool), 0.0, 1)
    np.testing.assert_allclose(out, output, rtol=1e-10)
