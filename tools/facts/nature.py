"""Emissions, energy and grain."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .common import long, number, read

# The 47 sectors of the provincial inventories -> the produced sectors; "household" is not a sector.
INVENTORY = {
    "Farming, Forestry, Animal Husbandry, Fishery and Water Conservancy": "agr",
    "Coal Mining and Dressing": "coal",
    "Petroleum and Natural Gas Extraction": "oilgas",
    "Ferrous Metals Mining and Dressing": "othmin",
    "Nonferrous Metals Mining and Dressing": "othmin",
    "Nonmetal Minerals Mining and Dressing": "othmin",
    "Other Minerals Mining and Dressing": "othmin",
    "Logging and Transport of Wood and Bamboo": "agr",
    "Food Processing": "food",
    "Food Production": "food",
    "Beverage Production": "food",
    "Tobacco Processing": "food",
    "Textile Industry": "consumer",
    "Garments and Other Fiber Products": "consumer",
    "Leather, Furs, Down and Related Products": "consumer",
    "Timber Processing, Bamboo, Cane, Palm Fiber & Straw Products": "consumer",
    "Furniture Manufacturing": "consumer",
    "Papermaking and Paper Products": "consumer",
    "Printing and Record Medium Reproduction": "consumer",
    "Cultural, Educational and Sports Articles": "consumer",
    "Petroleum Processing and Coking": "petro",
    "Raw Chemical Materials and Chemical Products": "chem",
    "Medical and Pharmaceutical Products": "chem",
    "Chemical Fiber": "chem",
    "Rubber Products": "chem",
    "Plastic Products": "chem",
    "Nonmetal Mineral Products": "metal",
    "Smelting and Pressing of Ferrous Metals": "metal",
    "Smelting and Pressing of Nonferrous Metals": "metal",
    "Metal Products": "metal",
    "Ordinary Machinery": "equip",
    "Equipment for Special Purposes": "equip",
    "Transportation Equipment": "equip",
    "Electric Equipment and Machinery": "equip",
    "Electronic and Telecommunications Equipment": "elec",
    "Instruments, Meters, Cultural and Office Machinery": "elec",
    "Other Manufacturing Industry": "metal",
    "Scrap and waste": "metal",
    "Production and Supply of Electric Power, Steam and Hot Water": "power",
    "Production and Supply of Gas": "gaswater",
    "Production and Supply of Tap Water": "gaswater",
    "Construction": "constr",
    "Transportation, Storage, Post and Telecommunication Services": "transp",
    "Wholesale, Retail Trade and Catering Services": "trade",
    "Others": "social",
    "Urban": "household",
    "Rural": "household",
}


def emissions(folder: Path) -> list[pd.DataFrame]:
    cities = read(folder, "prefecture_co2")
    parts = [long(cities, "co2_mt", "co2", "Mt CO2")]
    table = read(folder, "province_co2_sector")
    total = table[table["sector"] == "Total Emissions"]
    # The four municipalities stand in both inventories: the vintage tells which.
    parts.append(long(total, "co2_mt_total", "co2", "Mt CO2", region="province_adcode", vintage="province"))
    for fuel in ("coal", "oil", "gas", "process"):
        parts.append(long(total, f"co2_mt_{fuel}", "co2_fuel", "Mt CO2", region="province_adcode", item=fuel))
    detail = table[(table["sector"] != "Total Emissions") & (table["year"] == "2019")]
    detail = detail.assign(sector=detail["sector"].map(INVENTORY))
    unknown = detail["sector"].isna().sum()
    if unknown:
        raise ValueError(f"province_co2_sector: {unknown} rows of sectors that the concordance does not name")
    for fuel in ("coal", "oil", "gas", "process"):
        detail[fuel] = number(detail[f"co2_mt_{fuel}"])
    sums = detail.groupby(["province_adcode", "year", "sector", "source"], as_index=False)[
        ["coal", "oil", "gas", "process"]
    ].sum()
    for fuel in ("coal", "oil", "gas", "process"):
        parts.append(
            long(
                sums[sums[fuel] != 0],
                fuel,
                "co2_sector",
                "Mt CO2",
                region="province_adcode",
                item=sums["sector"] + ":" + fuel,
            )
        )
    return parts


def energy(folder: Path) -> list[pd.DataFrame]:
    fossil = read(folder, "national_fossil_energy")
    region = fossil["iso3"].str.upper()
    parts = [
        long(fossil, column, "fossil_energy", unit, region=region, item=item)
        for column, item, unit in (
            ("coal_consumption_mtoe", "coal_consumption", "Mtoe"),
            ("oil_consumption_mt", "oil_consumption", "Mt"),
            ("oil_production_mt", "oil_production", "Mt"),
            ("gas_production_mtoe", "gas_production", "Mtoe"),
            ("oil_import_dependence_pct", "oil_import_dependence", "%"),
        )
    ]
    mix = read(folder, "national_electricity_mix")
    names = {
        "China": "CHN",
        "Japan": "JPN",
        "Mongolia": "MNG",
        "North Korea": "PRK",
        "Russia": "RUS",
        "South Korea": "KOR",
        "World": "WLD",
    }
    region = mix["country"].map(names)
    for carrier in (
        "demand",
        "generation",
        "coal",
        "gas",
        "oil",
        "nuclear",
        "hydro",
        "wind",
        "solar",
        "bioenergy",
    ):
        parts.append(long(mix, f"{carrier}_twh", "electricity", "TWh", region=region, item=carrier))
    power = read(folder, "province_power")
    p = {"region": "province_adcode"}
    parts.append(long(power, "electricity_consumption_2020_twh", "electricity", "TWh", item="demand", year=2020, **p))
    for year in (2021, 2022):
        parts.append(
            long(
                power,
                f"grid_factor_{year}_tco2_per_mwh",
                "grid_factor",
                "t CO2 per MWh",
                year=year,
                grade="B",
                **p,
            )
        )
    return parts


def grain(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "grain_output")
    grade = table["source"].str.contains("derived").map({True: "C", False: "A"})
    region = table["area_adcode"].replace("NE3", "NE")
    vintage = table["source"].str.contains("before the revision").map({True: "before revision", False: ""})
    p = {"region": region, "item": table["crop"], "grade": grade, "vintage": vintage}
    return [
        long(table, "output_10kt", "harvest", "Mt", scale=100, **p),
        long(table, "sown_area_kha", "sown_area", "1000 ha", **p),
    ]


def facts(folder: Path) -> list[pd.DataFrame]:
    return [p for reader in (emissions, energy, grain) for p in reader(folder)]
