"""The evidence tables say where every number comes from, and the derived ones can be derived again."""

from __future__ import annotations

import math
import os
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

from citybelt.scenario import evidence
from citybelt.scenario.card import cards_of
from citybelt.scenario.money import RATE

DESIGNS = {"identified", "associational", "assumed"}
KINDS = {"estimated", "calibrated", "assumed"}
VERIFIED = {"page", "abstract", "secondary", "memory"}
READ = VERIFIED - {"memory"}
LEVERS = set(
    "high_speed_rail road clearance_hours tariff border_paperwork registration land_quota research training "
    "producer_services business_approvals carbon_price placebo land_price land_trading schooling entry ownership "
    "finance subsidy transfer innovation_centre".split()
)
#: Levers whose effect is a definition, or another's effect.
DEFINED = {"land_trading", "subsidy", "transfer", "schooling", "innovation_centre"}


def _table(name: str) -> pd.DataFrame:
    with (files("citybelt") / name).open(encoding="utf-8") as file:
        return pd.read_csv(
            file, keep_default_na=False, na_values={c: [""] for c in ("low", "central", "high", "value")}
        )


@pytest.fixture(scope="module")
def elasticities() -> pd.DataFrame:
    return _table("model/elasticities.csv")


@pytest.fixture(scope="module")
def effects() -> pd.DataFrame:
    return _table("scenario/effects.csv")


@pytest.fixture(scope="module")
def costs() -> pd.DataFrame:
    return _table("scenario/costs.csv")


def _wrong(rows: pd.DataFrame, key: str) -> list[str]:
    return rows[key].astype(str).tolist()


@pytest.mark.parametrize(("name", "key"), [("elasticities", "value"), ("effects", "central"), ("costs", "value")])
def test_every_number_stands_inside_its_range(name, key, request):
    table = request.getfixturevalue(name)
    assert table[["low", key, "high"]].notna().all().all()
    outside = table[~((table["low"] <= table[key]) & (table[key] <= table["high"]))]
    assert not _wrong(outside, table.columns[0])


@pytest.mark.parametrize(
    ("name", "key"),
    [("elasticities", ["symbol", "sector"]), ("effects", ["effect"]), ("costs", ["cost", "lever"])],
)
def test_no_number_stands_twice(name, key, request):
    table = request.getfixturevalue(name)
    assert not table[table.duplicated(key)][key].values.tolist()


def test_words_of_the_columns(elasticities, effects, costs):
    assert set(elasticities["kind"]) <= KINDS
    assert set(effects["design"]) <= DESIGNS
    assert set(effects["use"]) <= {"parameter", "curvature", "check"}
    assert set(costs["use"]) <= {"price", "share", "check"}
    for table in (elasticities, effects, costs):
        assert set(table["verified"]) <= VERIFIED
        assert not (table["source"] == "").any()


def test_what_nobody_read_is_called_assumed(elasticities, effects, costs):
    unread = elasticities[elasticities["verified"] == "memory"]
    assert not _wrong(unread[unread["kind"] != "assumed"], "symbol")
    unread = effects[effects["verified"] == "memory"]
    assert not _wrong(unread[unread["design"] != "assumed"], "effect")
    unread = costs[costs["verified"] == "memory"]
    assert not _wrong(unread[~unread["source"].isin(["assumed", "identity", "by construction"])], "cost")


def test_published_numbers_can_be_found_again(effects, costs):
    published = effects[effects["design"] != "assumed"]
    lacking = published[(published["url"] == "") | ~published["verified"].isin(READ) | (published["title"] == "")]
    assert not _wrong(lacking, "effect")
    dated = published["source"].str.contains(r"\((?:19|20)\d\d\)")
    assert not _wrong(published[~dated], "effect")
    read = costs[costs["verified"].isin(READ)]
    assert not _wrong(read[read["url"] == ""], "cost")
    assert effects["url"].str.match(r"^(https?://\S+)?$").all() and costs["url"].str.match(r"^(https?://\S+)?$").all()


def test_at_least_nine_levers_rest_on_published_estimates(effects):
    rows = effects[(effects["use"] == "parameter") & effects["design"].isin(["identified", "associational"])]
    assert rows["lever"].nunique() >= 9


def test_every_lever_has_evidence_and_a_cost(effects, costs):
    assert set(effects["lever"]) == LEVERS - DEFINED
    # A tariff cut costs its revenue, which the ledger of the model holds; its customs work is that of clearance.
    # Land costs the same whoever is given it.
    assert set(costs["lever"]) == LEVERS - {"tariff", "land_price"}


def test_curvatures_never_bend_upwards(effects):
    rows = effects[effects["use"] == "curvature"]
    assert (rows["low"] > -1).all() and (rows["high"] <= 1).all()
    # Lines and corridors are whole projects: half of one is not its better half.
    straight = {"tariff", "carbon_price", "placebo", "high_speed_rail", "road", "land_price", "finance"}
    assert set(rows["lever"]) == LEVERS - DEFINED - straight


def test_every_row_is_used_or_called_a_check(effects, costs):
    cards = cards_of("northeast").values()
    text = [str(v) for card in cards for v in card.where.values()]
    used = {*text, *(c.effect for c in cards), *(e for c in cards for e in c.times)}
    used |= {bend.source for c in cards for bend in (c.response, c.charge)}
    idle = set(effects[effects["use"] != "check"]["effect"]) - used - {"placebo"}
    assert not idle
    assert not used & set(effects[effects["use"] == "check"]["effect"])
    paid = {*text, *(id for c in cards for id in c.cost), *(c.upkeep for c in cards)}
    assert not set(costs[costs["use"] != "check"]["cost"]) - paid
    assert not paid & set(costs[costs["use"] == "check"]["cost"])


#: Consumer prices of China, per cent over the year before: World Bank, World Development Indicators,
#: FP.CPI.TOTL.ZG, as in github.com/datasets/cpi (1b9b760).
INFLATION = {
    2010: 3.175, 2011: 5.554, 2012: 2.620, 2013: 2.621, 2014: 1.922, 2015: 1.437, 2016: 2.000, 2017: 1.593,
    2018: 2.075, 2019: 2.899, 2020: 2.419,
}  # fmt: skip


def test_prices_are_read_at_prices_of_2020(costs):
    for row in costs.itertuples():
        factor = float(row.cpi_2020 or 1)
        if row.cpi_2020:
            grown = math.prod(1 + INFLATION[year] / 100 for year in range(int(row.price_year) + 1, 2021))
            assert factor == pytest.approx(grown, abs=1e-3) and row.cpi_source
        else:
            assert not row.price_year or row.unit.split()[1] == "USD", "a price in yuan of a year is deflated"
        assert evidence.costs()[row.cost].price.central == pytest.approx(row.value * factor)


def test_the_rate_of_levers_is_that_of_the_table(elasticities):
    assert elasticities.set_index("symbol").loc["discount", "value"] == RATE


def test_every_sector_has_a_trade_elasticity(elasticities):
    sectors = _table("worlds/sectors.csv")["sector"]
    theta = elasticities[elasticities["symbol"] == "theta"].set_index("sector")
    assert sorted(theta.index) == sorted(sectors)
    assert (theta["low"] > 1).all()  # below one a dearer seller would sell more in value
    lone = elasticities[(elasticities["symbol"] != "theta") & (elasticities["sector"] != "")]
    assert lone.empty


def _geometric(*numbers: float) -> float:
    return math.exp(sum(map(math.log, numbers)) / len(numbers))


def test_calibrated_elasticities_follow_from_their_sources(elasticities):
    value = elasticities.set_index(["symbol", "sector"])["value"]
    tariff_based = {
        "agr": (9.11,),
        "coal": (13.53,),
        "food": (2.62,),
        "consumer": (8.10, 11.50, 16.52, 3.98),
        "chem": (3.13, 1.67),
        "metal": (2.41, 3.28, 6.99),
        "equip": (1.45, 12.91),
        "elec": (12.95, 3.95, 8.71),
    }
    for sector, estimates in tariff_based.items():
        assert value["theta", sector] == pytest.approx(_geometric(_geometric(*estimates), 4), abs=0.006)
    assert value["theta", "petro"] == 10  # 64.85 with 4 would give 16
    assert value["eta", ""] == pytest.approx(_geometric(0.5, 5.6), abs=0.03)


def test_derived_effects_follow_from_their_sources(effects):
    central, high = (effects.set_index("effect")[column] for column in ("central", "high"))
    assert central["clearance_day"] == pytest.approx(_geometric(0.006, 0.021), abs=1e-4)
    # Transport is 42 per cent of barriers of 20 per cent; 0.6 per cent of it a km/h, at 60 km/h.
    transport = 0.42 * 0.20 / 1.20
    assert high["road_time"] == pytest.approx(transport)
    assert central["road_time"] == pytest.approx(0.006 * 60 * transport, abs=5e-4)
    assert central["rail_decay"] == pytest.approx(math.log(2) / 30, abs=1e-4)
    assert central["registration_move"] == pytest.approx(math.log(1 + 1.5 / 27), abs=1e-3)
    assert central["registration_history"] == pytest.approx(-math.log(1 - 0.45), abs=1e-3)
    assert central["carbon_response"] == pytest.approx(math.log(1 - 0.167), abs=1e-3)
    assert central["tariff_cut_import"] == pytest.approx(0.52 / 23.86, abs=1e-4)
    assert central["firm_training"] == pytest.approx(math.log(1.23), abs=1e-3)
    for effect, published in (("entry_firms", 1.05), ("ownership_gap", 1.53)):
        assert high[effect] == pytest.approx(math.log(published), abs=1e-3)
        assert central[effect] == pytest.approx(high[effect] / 2, rel=0.02)
    assert central["user_cost"] == high["user_cost"] / 2
    # An expressway that halves the time saves at most what it saves by the study of Turkey's roads.
    expressway = transport * (1 - math.exp(central["road_upgrade"]))
    assert 1 - 0.5 ** central["road_time"] < expressway == pytest.approx(1 - 0.5 ** high["road_time"], rel=0.2)


def test_derived_costs_follow_from_their_sources(costs):
    value = costs.set_index("cost")["value"]
    annuity = 0.04 / (1 - 1.04**-30)
    low, high = (costs.set_index("cost").loc["registration_person", end] for end in ("low", "high"))
    assert low == pytest.approx(0.40 * 80 * annuity, abs=0.06) and high == pytest.approx(0.75 * 16.8593, abs=0.06)
    assert value["registration_person"] == pytest.approx(0.55 * _geometric(80 * annuity, 16.8593), abs=0.06)
    for cost, small, large in (("clearance_capital", 3.5 * 8, 19 * 8 * 10), ("clearance_running", 5, 20 * 10)):
        assert value[cost] == pytest.approx(_geometric(small, large), rel=0.02)
    assert value["clearance_trade"] == pytest.approx((1.42 + 0.51) / 12.9e3, rel=0.01)
    assert value["road_km"] == pytest.approx(13002 / 184.97, abs=0.5)
    assert value["road_km_2009"] == pytest.approx(5290 / 205, abs=0.05)
    ends = costs.set_index("cost").loc["capital_stock"]
    assert (ends["low"], ends["high"]) == pytest.approx((1 / 0.30, 1 / 0.14), abs=0.005)
    assert value["capital_stock"] == pytest.approx(_geometric(1 / 0.30, 1 / 0.14), abs=0.005)
    assert value["resettled_worker"] == pytest.approx(100e9 / 1.8e6 / 1e3, abs=0.05)
    assert value["resettled_2017"] == pytest.approx(22.2e9 / 377e3 / 1e3, abs=0.05)
    assert value["training_short"] == pytest.approx(100e9 / 50e6 / 1e3)


def test_rail_costs_lie_among_the_lines_of_the_northeast(costs):
    folder = Path(os.environ.get("CITYBELT_FACTS", Path(__file__).parents[2] / "../shared/data"))
    if not (folder / "hsr_lines_northeast.csv").exists():
        pytest.skip("the facts are not at hand")
    lines = pd.read_csv(folder / "hsr_lines_northeast.csv").dropna(subset=["investment_m_cny_per_km"])
    ours = costs.set_index("cost")
    for speed, name in ((350, "rail_km_350"), (250, "rail_km_250")):
        of_speed = lines[lines["design_speed_kmh"] == speed]["investment_m_cny_per_km"]
        assert ours.loc[name, "low"] == pytest.approx(of_speed.min(), abs=1)
        assert ours.loc[name, "high"] == pytest.approx(of_speed.max(), abs=1)
        assert of_speed.min() < ours.loc[name, "value"] < of_speed.max()
