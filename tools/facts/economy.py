"""Production, income and public money of prefectures and provinces, and the national input-output tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .common import NATION, long, number, read

GDP = {
    "gdp_100m_cny": "",
    "primary_100m_cny": "primary",
    "secondary_100m_cny": "secondary",
    "tertiary_100m_cny": "tertiary",
}
VINTAGES = {
    "sum of prefectures, may differ from provincial account": ("prefecture_sum", "C"),
    "final (as of CSY2021)": ("yearbook2021", "A"),
    "preliminary": ("preliminary", "A"),
}


def gdp(folder: Path) -> list[pd.DataFrame]:
    cities = read(folder, "prefecture_gdp")
    broken = cities["quality"].fillna("").str.startswith("jump")
    grade = cities["quality"].isna().map({True: "A", False: "B"})
    parts = [
        long(cities, column, "gdp", "bn CNY", item=item, vintage="city", scale=10, grade=grade)
        for column, item in GDP.items()
    ]
    parts.append(long(cities, "gdp_real_growth_pct", "gdp_growth", "%"))
    # The people whom a yearbook divided by, at the start and the end of the decade of the hindcast.
    two = cities[cities["year"].isin(["2010", "2019"])]
    parts.append(long(two, "gdp_per_capita_cny", "gdp_per_head", "CNY"))
    # A level that jumps by more than 30 % in a year marks a revision: growth must not be computed across it.
    breaks = cities[broken].assign(flag="1")
    parts.append(long(breaks, "flag", "gdp_break", "flag", grade="B"))
    provinces = read(folder, "province_gdp")
    vintage = provinces["status"].map({k: v[0] for k, v in VINTAGES.items()})
    grade = provinces["status"].map({k: v[1] for k, v in VINTAGES.items()})
    # Two rows per province and year: the vintage keeps them apart, so that no join doubles GDP.
    parts += [
        long(
            provinces,
            column,
            "gdp",
            "bn CNY",
            region="province_adcode",
            item=item,
            vintage=vintage,
            scale=10,
            grade=grade,
        )
        for column, item in GDP.items()
    ]
    return parts


def fiscal(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "province_fiscal")
    transfers = table["transfers_status"].str.startswith("budget").map({True: "B", False: "A"})
    p = {"region": "province_adcode"}
    return [
        long(table, "gdp_100m_cny", "gdp", "bn CNY", vintage="revised", scale=10, **p),
        long(table, "population_yearend_10k", "population_yearend", "persons", scale=1e-4, **p),
        long(table, "general_budget_revenue_100m_cny", "budget_revenue", "bn CNY", scale=10, **p),
        long(table, "general_budget_expenditure_100m_cny", "budget_expenditure", "bn CNY", scale=10, **p),
        long(table, "central_transfers_100m_cny", "central_transfers", "bn CNY", scale=10, grade=transfers, **p),
    ]


def households(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "province_nbs_annual")
    p = {"region": "province_adcode"}
    parts = [
        long(table, "consumption_expenditure_cny", "consumption_per_head", "CNY a year", **p),
        long(table, "disposable_income_cny", "disposable_income", "CNY a year", **p),
        long(table, "retail_sales_100m_cny", "retail_sales", "bn CNY", scale=10, **p),
        long(table, "gdp_index_prev_100", "gdp_index", "previous year = 100", **p),
        long(table, "cpi_prev_100", "consumer_prices", "previous year = 100", **p),
        long(table, "urban_employed_10k", "employed_urban", "persons", scale=1e-4, **p),
        long(table, "registered_unemployed_10k", "unemployed_registered", "persons", scale=1e-4, **p),
        long(table, "fai_funds_in_place_growth_pct", "investment_funds_growth", "%", **p),
    ]
    macro = read(folder, "province_macro")
    # From 2017 on investment is published as growth only; later levels are spliced.
    grade = (macro["year"] > "2016").map({True: "C", False: "A"})
    parts += [
        long(macro, "fixed_asset_investment_100m_cny", "fixed_investment", "bn CNY", scale=10, grade=grade, **p),
        long(macro, "urban_share", "urban_share", "share", **p),
        long(macro, "tertiary_share", "tertiary_share", "share", **p),
        long(macro, "working_age_population", "population_working_age", "persons", **p),
        long(macro, "urban_average_wage_cny", "wage", "CNY a year", vintage="province", **p),
        long(macro, "rural_income_cny", "rural_income", "CNY a year", **p),
    ]
    return parts


RESEARCH = {  # column -> quantity, item, unit, divisor
    "rd_expenditure_100m_cny": ("research_spending", "", "bn CNY", 10),
    "rd_basic_10k_cny": ("research_spending", "basic", "bn CNY", 1e5),
    "rd_enterprise_10k_cny": ("research_spending", "enterprise", "bn CNY", 1e5),
    "rd_government_10k_cny": ("research_spending", "government", "bn CNY", 1e5),
    "rd_intensity_pct": ("research_intensity", "", "% of GDP", 1),
    "rd_personnel_fte": ("research_personnel", "", "full-time equivalents", 1),
    "patent_applications": ("patents", "applications", "number", 1),
    "patents_granted": ("patents", "granted", "number", 1),
    "invention_patents_granted": ("patents", "inventions_granted", "number", 1),
    "hightech_firms": ("hightech_firms", "", "number", 1),
    "hightech_revenue_100m_cny": ("hightech_revenue", "", "bn CNY", 10),
    "technology_contract_inflow_10k_cny": ("technology_contracts_inflow", "", "bn CNY", 1e5),
    "budget_education_100m_cny": ("budget_function", "education", "bn CNY", 10),
    "budget_science_100m_cny": ("budget_function", "science", "bn CNY", 10),
}


def research(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "province_rd_innovation")
    region = table["province_adcode"].replace("100000", NATION)  # this table alone calls the nation 100000
    return [
        long(table, column, quantity, unit, region=region, item=item, scale=scale)
        for column, (quantity, item, unit, scale) in RESEARCH.items()
    ]


def output(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "province_sector_output_2017")
    p = {"region": "province_adcode", "item": table["sector_code"], "grade": "C"}
    return [
        long(table, "gross_output_100m_cny", "gross_output", "bn CNY", scale=10, **p),
        long(table, "output_share_hmt", "output_share_hmt", "share", **p),
        long(table, "output_share_foreign", "output_share_foreign", "share", **p),
        long(table, "value_added_share_hmt", "value_added_share_hmt", "share", **p),
        long(table, "value_added_share_foreign", "value_added_share_foreign", "share", **p),
    ]


def input_output(folder: Path) -> pd.DataFrame:
    """The national tables, long: year, origin (domestic, imports, total), row, column, bn CNY."""
    parts = []
    for year in (2017, 2020):
        table = read(folder, f"io_china_{year}_42").drop(columns=["Description", "DescriptionInChinese"])
        table["Origin"] = table["Origin"].map({"Domestic": "domestic", "Imports": "imports", "TOT": "total"})
        cells = table.melt(["Code", "Origin"], var_name="column", value_name="value")
        cells = cells.rename(columns={"Code": "row", "Origin": "origin"})
        cells["value"] = number(cells["value"]) / 1e5  # 10 000 CNY
        cells = cells[cells["value"].notna() & (cells["value"] != 0)]
        parts.append(cells.assign(year=year))
    out = pd.concat(parts)[["year", "origin", "row", "column", "value"]].astype({"year": "int32"})
    return out.sort_values(["year", "origin", "row", "column"], kind="stable").reset_index(drop=True)


def facts(folder: Path) -> list[pd.DataFrame]:
    return [p for reader in (gdp, fiscal, households, research, output) for p in reader(folder)]
