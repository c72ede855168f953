"""Trade with foreign countries and the accounts of partner economies."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .common import NATION, long, read

PARTNERS = {
    "Australia": "AUS",
    "Brazil": "BRA",
    "Canada": "CAN",
    "European Union": "EUU",
    "Hong Kong": "HKG",
    "India": "IND",
    "Indonesia": "IDN",
    "Japan": "JPN",
    "Malaysia": "MYS",
    "Philippines": "PHL",
    "Russia": "RUS",
    "Saudi Arabia": "SAU",
    "Singapore": "SGP",
    "South Korea": "KOR",
    "Taiwan": "TWN",
    "Thailand": "THA",
    "United States": "USA",
    "Vietnam": "VNM",
    "World": "WLD",
    "ASEAN": "ASEAN",
    "North Korea": "PRK",
    "Belt and Road countries": "BRI",
    "Germany": "DEU",
    "Netherlands": "NLD",
    "United Kingdom": "GBR",
    "other RCEP members (14)": "RCEP",
}


def totals(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "province_trade_total")
    return [
        long(table, f"trade_by_{way}_bn_usd", "goods_trade", "bn USD", region="province_adcode", vintage=way)
        for way in ("operating_unit", "destination_source")
    ]


def sectors(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "province_sector_trade")
    table = table[table["year"] == "2017"]
    p = {"region": "province_adcode", "item": table["sector_code"], "scale": 1e3}
    return [
        long(table, "exports_musd", "exports_sector", "bn USD", **p),
        long(table, "imports_musd", "imports_sector", "bn USD", **p),
    ]


def partners(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "china_trade_partners")
    grade = table["source"].str.startswith("derived").map({True: "C", False: "A"})
    currency = table["unit"].map({"bn USD": "usd", "bn CNY": "cny"})
    return [
        pd.concat(
            [
                long(
                    part,
                    column,
                    "partner_trade",
                    str(part["unit"].iloc[0]),
                    item=item,
                    region=part["partner"].map(PARTNERS),
                    vintage=currency[part.index],
                    grade=grade[part.index],
                )
                for _, part in table.groupby("unit")
            ]
        )
        for column, item in (
            ("total", "total"),
            ("exports_from_china", "exports"),
            ("imports_to_china", "imports"),
        )
    ]


def world(folder: Path) -> list[pd.DataFrame]:
    gdp = read(folder, "world_gdp")
    shares = read(folder, "foreign_gdp_structure")
    region = shares["iso3"].str.upper()
    parts = [long(gdp, "gdp_current_usd", "gdp_usd", "bn USD", region="iso3", scale=1e9)]
    for column, item in (
        ("agriculture_pct_gdp", "primary"),
        ("industry_pct_gdp", "secondary"),
        ("services_pct_gdp", "tertiary"),
        ("exports_gns_pct_gdp", "exports"),
        ("imports_gns_pct_gdp", "imports"),
    ):
        parts.append(long(shares, column, "gdp_structure", "% of GDP", region=region, item=item))
    return parts


def tariffs(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "tariff_china_gtap")
    item = table["gtap_code"] + " " + table["sector"]
    region = pd.Series(NATION, table.index)
    # The study is of the 2000s and states no year; 2005 stands for its period.
    return [
        long(table, column, "tariff", "%", region=region, item=item, year=2005, vintage=kind, grade="B")
        for column, kind in (("applied_pct", "applied"), ("final_bound_pct", "bound"))
    ]


def clearance(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "customs_clearance_time")
    region = pd.Series(NATION, table.index)
    grade = table["status"].str.startswith("derived").map({True: "C", False: "A"})
    return [
        long(
            table,
            f"{way}_hours",
            "clearance",
            "hours",
            region=region,
            item=way,
            year=table["period"].str[:4],
            vintage=table["period"],
            grade=grade,
        )
        for way in ("import", "export")
    ]


def facts(folder: Path) -> list[pd.DataFrame]:
    return [p for reader in (totals, sectors, partners, world, tariffs, clearance) for p in reader(folder)]
