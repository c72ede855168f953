"""The verb ``trade`` in Python and on the command line."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray

import citybelt as cb
from citybelt import cli
from citybelt.trade.sample import REGIONS, SECTORS, economy


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The synthetic example."""
    where = tmp_path_factory.mktemp("trade") / "mine"
    assert cli.main(["trade", "example", str(where), "--json"]) == 0
    return where


@pytest.fixture(scope="module")
def result(folder):
    """It, solved."""
    return cb.trade(folder, starts=1)


def test_the_example_is_whole_and_says_that_it_is_synthetic(folder, capfd, tmp_path):
    from citybelt.trade.files import FORMS
    from citybelt.trade.read import read

    assert {p.name for p in folder.iterdir()} == {*FORMS, "model.yaml"}
    assert (folder / "model.yaml").read_text("utf-8").startswith("# SYNTHETIC")
    e, drawn = read(folder), economy()
    assert e.repairs == () and e.regions == REGIONS and e.sectors == SECTORS
    for name in ("trade", "va", "inputs", "tariff", "theta", "people", "structures", "housing"):
        np.testing.assert_allclose(getattr(e, name), getattr(drawn, name), rtol=1e-12)
    again = tmp_path / "again"
    assert cb.trade.example(again).table["file"].tolist() == [str(again / p) for p in (
        "model.yaml", "regions.csv", "elasticities.csv", "flows.csv", "value_added.csv", "inputs.csv", "tariffs.csv",
        "tariffs_new.csv", "structures.csv", "labour.csv", "people.csv", "shocks.csv")]  # fmt: skip
    assert all((again / p.name).read_bytes() == p.read_bytes() for p in folder.iterdir())


def test_an_example_overwrites_nothing(folder, capfd):
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert cli.main(["trade", "example", str(folder)]) == 2
    assert "the folder is not empty" in capfd.readouterr().err
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_the_result_is_consistent(result):
    r, e = result.by_region.set_index("region"), economy()
    assert result.status == "solved" and result.residual < 1e-10 and not result.rough and not result.only_tariffs
    assert r.index.tolist() == list(REGIONS)
    np.testing.assert_allclose(r["first_order"], r["terms_of_trade"] + r["volume"])
    np.testing.assert_allclose(1 + r["real_wage"] / 100, (1 + r["wage"] / 100) / (1 + r["cpi"] / 100))
    heads = np.log(r["people_after"] / r["people_before"])
    np.testing.assert_allclose(np.log1p(r["real_income"] / 100) - heads, np.log1p(r["real_income_per_head"] / 100))
    np.testing.assert_allclose(r["people_before"].sum(), e.people.sum())
    np.testing.assert_allclose(r["people_after"].sum(), e.people.sum(), rtol=1e-9)
    for when in ("before", "after"):
        np.testing.assert_allclose(r[f"imports_{when}"].sum(), r[f"exports_{when}"].sum())
        gap = r[f"imports_{when}"] - r[f"exports_{when}"]
        np.testing.assert_allclose(gap, r[f"transfer_{when}"], atol=1e-7 * r["income_before"].sum())
    flows = result.flows
    np.testing.assert_allclose(flows["trade_before"].to_numpy().reshape(e.trade.shape), e.trade)
    sold = flows.groupby(["exporter", "sector"])["trade_after"].sum()
    made = result.by_sector.set_index(["region", "sector"])["output_after"]
    np.testing.assert_allclose(sold.loc[made.index], made, rtol=1e-8)
    pairs = result.by_pair.set_index(["importer", "exporter"])["trade_after"]
    np.testing.assert_allclose(flows.groupby(["importer", "exporter"])["trade_after"].sum().loc[pairs.index], pairs)
    freed = flows[(flows["tariff_before"] > 0) & (flows["tariff_after"] == 0)]
    assert set(freed["importer"]) == {"Synthia", "Randomia"} and (freed["trade"] > 0).all()
    added = result.by_market[["labour_income_before", "labour_income_after"]].sum()
    assert added.iloc[0] < r["income_before"].sum()
    assert result.by_origin["origin"].tolist() == list(REGIONS) and len(result.repairs) == 0


def test_the_arrays_say_what_the_tables_say(result, tmp_path):
    x = result.x
    assert x["trade"].dims == ("state", "sector", "importer", "exporter")
    assert all(x[v].attrs["unit"] and x[v].attrs["long_name_zh"] for v in x)
    np.testing.assert_array_equal(x["real_income"], result.by_region["real_income"])
    np.testing.assert_array_equal(x["wage"].values.ravel(), result.by_market["wage"])
    np.testing.assert_array_equal(x["trade"].sel(state="after").values.ravel(), result.flows["trade_after"])
    path = tmp_path / "trade.nc"
    path.write_bytes(result.attached()["trade.nc"])
    with xarray.open_dataset(path) as kept:
        xarray.testing.assert_identical(kept.load(), x)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_words_name_every_region(result, lang):
    from rich.console import Console

    console = Console(width=200)
    with console.capture() as shown:
        console.print(result.rich(lang))
    text = shown.get()
    assert all(r in text for r in REGIONS)
    assert ("to first order" in text) == (lang == "en") and ("一阶" in text) == (lang == "zh")


def test_the_command_line_writes_json_tables_and_arrays(folder, capfdbinary, tmp_path):
    out = tmp_path / "out"
    assert cli.main(["trade", str(folder), "--json", "--starts", "0", "--out", str(out)]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert document["verb"] == "trade" and document["status"] == "ok" and document["certificate"]["starts"] == 0
    assert document == json.loads((out / "trade.json").read_text("utf-8"))
    names = {"by_region", "by_sector", "by_market", "by_origin", "by_pair", "flows", "repairs"}
    assert {p.name for p in out.iterdir()} == {"trade.json", "trade.nc", *(f"trade_{n}.csv" for n in names)}
    table = pd.read_csv(out / "trade_by_region.csv")
    assert [r["real_income"] for r in document["by_region"]] == pytest.approx(table["real_income"].tolist())


def test_results_may_lie_beside_the_tables(folder, tmp_path, capfd):
    import shutil

    mine = shutil.copytree(folder, tmp_path / "mine")
    for _ in range(2):
        assert cli.main(["trade", str(mine), "--starts", "0", "--out", str(mine)]) == 0


def test_bad_tables_are_exit_code_2_and_all_told(folder, tmp_path, capfdbinary):
    import shutil

    mine = shutil.copytree(folder, tmp_path / "mine")
    for name, old, new in (("flows.csv", "mining,Synthia,", "mining,Sintia,"), ("tariffs.csv", "percent", "rate")):
        (mine / name).write_text((mine / name).read_text("utf-8").replace(old, new, 1), "utf-8")
    out = tmp_path / "out"
    assert cli.main(["trade", str(mine), "--json", "--out", str(out)]) == 2
    printed, err = capfdbinary.readouterr()
    errors = json.loads(printed)["errors"]
    assert any("flows.csv, line" in e["where"] and "'Synthia'" in e["do"] for e in errors)
    assert any("tariffs.csv, line 1, column percent" in e["where"] for e in errors)
    assert b"Traceback" not in err and list(out.iterdir()) == []


def test_what_cannot_be_solved_is_exit_code_3_and_no_number(folder, tmp_path, capfdbinary):
    import shutil

    mine = shutil.copytree(folder, tmp_path / "mine")
    (mine / "shocks.csv").write_text("field,region,value\ntransfer,Synthia,-1e6\ntransfer,Randomia,1e6\n", "utf-8")
    out = tmp_path / "out"
    assert cli.main(["trade", str(mine), "--json", "--out", str(out)]) == 3
    printed, err = capfdbinary.readouterr()
    (error,) = json.loads(printed)["errors"]
    assert "spending of Synthia" in error["what"] and b"Traceback" not in err and list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["trade"], "FOLDER"),
        (["trade", "no such folder"], "there is no such folder"),
        (["trade", "a", "b"], "there are two folders"),
        (["trade", "a", "--starts", "-1"], "--starts"),
    ],
)
def test_bad_usage(arguments, part, capfdbinary):
    assert cli.main([*arguments, "--json"]) == 2
    assert part in json.dumps(json.loads(capfdbinary.readouterr().out)["errors"])


@pytest.mark.parametrize("starts", [-1, 1.5, True, "6"])
def test_starts_must_be_a_count(folder, starts):
    with pytest.raises(cb.InputError, match="starts"):
        cb.trade(folder, starts=starts)
