"""People: censuses, registration, migration, births and deaths."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .common import NATION, long, read

CENSUS = {  # column -> quantity, item, unit
    "population": ("population", "", "persons"),
    "male": ("population_sex", "male", "persons"),
    "female": ("population_sex", "female", "persons"),
    "urban": ("population_urban", "", "persons"),
    "age_0_14": ("population_band", "0-14", "persons"),
    "age_15_59": ("population_band", "15-59", "persons"),
    "age_60_plus": ("population_band", "60+", "persons"),
    "age_65_plus": ("population_band", "65+", "persons"),
    "registered_elsewhere_same_county": ("migrants", "same_county", "persons"),
    "registered_elsewhere_same_province": ("migrants", "same_province", "persons"),
    "registered_other_province": ("migrants", "other_province", "persons"),
    "edu_college_junior": ("education", "college_junior", "persons"),
    "edu_bachelor_plus": ("education", "bachelor_plus", "persons"),
    "mean_schooling_years": ("mean_schooling", "", "years"),
    "children_ever_born_women_15_64": ("children_ever_born", "", "children per woman"),
    "birth_rate_permille": ("birth_rate", "", "per 1000"),
    "death_rate_permille": ("death_rate", "", "per 1000"),
}


def census(folder: Path) -> list[pd.DataFrame]:
    parts = []
    cities, provinces = read(folder, "prefecture_census"), read(folder, "province_census")
    # The four municipalities stand in both tables: the row of the province is kept.
    cities = cities[~cities["adcode"].isin(provinces["adcode"])]
    for table in (cities, provinces):
        for column, (quantity, item, unit) in CENSUS.items():
            parts.append(long(table, column, quantity, unit, item=item))
    comparable = read(folder, "prefecture_census_comparable")
    comparable = comparable[~comparable["adcode"].str[:2].isin(["81", "82"])]
    for year in (2010, 2020):
        parts.append(long(comparable, f"popu_{year}", "population_comparable", "persons", year=year, grade="B"))
        parts.append(
            long(
                comparable,
                f"popu_urban_{year}",
                "population_urban_comparable",
                "persons",
                year=year,
                grade="B",
            )
        )
        for column, item in (
            ("age_0_14", "0-14"),
            ("age_15_59", "15-59"),
            ("age_60", "60+"),
            ("age_65", "65+"),
        ):
            parts.append(
                long(
                    comparable,
                    f"{column}_{year}",
                    "age_share_comparable",
                    "%",
                    item=item,
                    year=year,
                    grade="B",
                )
            )
    return parts


def age_sex(folder: Path) -> list[pd.DataFrame]:
    cities, provinces = read(folder, "prefecture_age_sex"), read(folder, "province_age_sex")
    cities = cities[~cities["adcode"].isin(provinces["adcode"])]
    return [
        long(t, "population", "population_age_sex", "persons", item=t["sex"] + ":" + t["age"])
        for t in (cities, provinces)
    ]


def industries(folder: Path) -> list[pd.DataFrame]:
    cities, provinces = read(folder, "prefecture_census_industry"), read(folder, "province_census_industry")
    cities = cities[~cities["adcode"].isin(provinces["adcode"])]
    # A blank cell is a zero of the sample, not a missing value.
    filled = [t.assign(employed_longform_sample=t["employed_longform_sample"].fillna("0")) for t in (cities, provinces)]
    return [
        long(t, "employed_longform_sample", "employed_sample", "persons in the 10 % sample", item=t["industry"])
        for t in filled
    ]


def labour(folder: Path) -> list[pd.DataFrame]:
    table = read(folder, "prefecture_employment_wage")
    grade = table["quality"].isna().map({True: "A", False: "B"})
    return [
        long(table, "registered_population_10k", "registered_population", "persons", scale=1e-4),
        long(table, "average_wage_cny", "wage", "CNY a year", grade=grade),
        long(table, "employed_urban_units_10k", "employed_urban_units", "persons", scale=1e-4),
        long(table, "private_self_employed_10k", "employed_private", "persons", scale=1e-4),
        long(table, "on_post_staff_10k", "on_post_staff", "persons", scale=1e-4),
    ]


def migration(folder: Path) -> list[pd.DataFrame]:
    totals = read(folder, "province_migration_totals")
    totals["year"] = totals["period"].str[-4:]
    grade = totals["note"].isna().map({True: "A", False: "B"})
    parts = [
        long(
            totals,
            f"{way}_migrants_m",
            "moved_between_provinces",
            "persons",
            region="province_adcode",
            item=way,
            vintage=totals["period"],
            scale=1e-6,
            grade=grade,
        )
        for way in ("in", "out")
    ]
    names = totals.drop_duplicates("province_adcode").set_index("province_en")["province_adcode"]
    column = read(folder, "migration_into_beijing_2010_2015")
    parts.append(
        long(
            column,
            "migrants",
            "moved_into",
            "persons",
            region=column["origin"].map(names),
            year=2015,
            item=column["destination"].map(names),
            vintage=column["period"],
        )
    )
    nation = read(folder, "migration_national_totals")
    parts.append(
        long(
            nation,
            "persons_10k",
            "migrants_nation",
            "persons",
            region=pd.Series(NATION, nation.index),
            item=nation["indicator"],
            scale=1e-4,
        )
    )
    return parts


def vital(folder: Path) -> list[pd.DataFrame]:
    rates = read(folder, "province_vital_rates")
    parts = [
        long(rates, column, quantity, "per 1000", region="province_adcode", vintage="annual")
        for column, quantity in (
            ("crude_birth_rate_permille", "birth_rate"),
            ("crude_death_rate_permille", "death_rate"),
        )
    ]
    rates_people = long(
        rates,
        "population_yearend_10k",
        "population_yearend",
        "persons",
        region="province_adcode",
        vintage="vital rates",
        scale=1e-4,
    )
    tfr = read(folder, "province_tfr")
    parts += [
        rates_people,
        long(
            tfr,
            "tfr_children_per_woman",
            "fertility",
            "children per woman",
            region="province_adcode",
            grade=tfr["basis"].str.startswith("estimate").map({True: "D", False: "A"}),
        ),
    ]
    life = read(folder, "province_life_expectancy")
    basis = life["basis"].str.extract(r"^(census|Global Data Lab, older|Global Data Lab|United Nations)")[0]
    # The same census value stands on several pages: the first page is kept.
    life = life.assign(basis=basis).drop_duplicates(["province_adcode", "year", "sex", "basis"])
    grade = life["basis"].map({"census": "A", "United Nations": "A"}).fillna("C")
    parts.append(
        long(
            life,
            "life_expectancy_years",
            "life_expectancy",
            "years",
            region="province_adcode",
            item=life["sex"],
            vintage=life["basis"],
            grade=grade,
        )
    )
    return parts


#: Countries of the projections that the worlds name, by the United Nations' code.
COUNTRIES = {"156": NATION, "392": "JPN", "410": "KOR", "643": "RUS", "496": "MNG", "900": "WLD"}

INDICATORS = (  # column, item, unit, scale
    ("tfr", "fertility", "children per woman", 1),
    ("e0M", "life_expectancy_male", "years", 1),
    ("e0F", "life_expectancy_female", "years", 1),
    ("e0B", "life_expectancy", "years", 1),
    ("births_k", "births", "persons", 1e-3),
    ("deaths_k", "deaths", "persons", 1e-3),
    ("net_migration_k", "net_migration", "persons", 1e-3),
    ("cbr", "birth_rate", "per 1000", 1),
    ("cdr", "death_rate", "per 1000", 1),
    ("pop_male_k", "population_male", "persons", 1e-3),  # on 31 December: from it, births, deaths and moves add up
    ("pop_female_k", "population_female", "persons", 1e-3),
)


def projections(folder: Path) -> list[pd.DataFrame]:
    """The revisions of 2024, 2019 (by age) and 2010. Estimates are C, projections D."""
    parts = []
    table = _countries(read(folder, "wpp2024_indicators"))
    grade = table["variant"].map({"est": "C", "proj": "D"})
    for column, item, unit, scale in INDICATORS:
        parts.append(
            long(table, column, "wpp", unit, region="place", item=item, vintage="2024", scale=scale, grade=grade)
        )
    for name, column, quantity, unit in (
        ("wpp2024_mx5", None, "wpp_mortality", "deaths per person-year"),
        ("wpp2024_pasfr5", "pasfr", "wpp_fertility_pattern", "%"),
    ):
        table = _countries(read(folder, name))
        table["first"] = table["period"].str[:4]
        # A period runs from the middle of its first year to the middle of its last.
        grade = (table["first"].astype(int) < 2020).map({True: "C", False: "D"})
        for sex, col in (("M:", "mxM"), ("F:", "mxF")) if column is None else (("", column),):
            parts.append(
                long(
                    table,
                    col,
                    quantity,
                    unit,
                    region="place",
                    item=sex + table["age"],
                    year="first",
                    vintage="2024",
                    grade=grade,
                )
            )
    table = _countries(read(folder, "wpp2019_pop_age5"))
    parts.append(
        long(
            table,
            "population_k",
            "wpp_population",
            "persons",
            region="place",
            item=table["sex"] + ":" + table["age"],
            vintage="2019",
            scale=1e-3,
            grade=(table["year"].astype(int) < 2020).map({True: "C", False: "D"}),
        )
    )
    table = _countries(read(Path(__file__).parent, "wpp2024_age"))
    table["first"] = table["period"].str[:4]
    for indicator, quantity, unit, scale in (
        ("sex_ratio_at_birth", "wpp_sex_ratio", "boys per girl", 1),
        ("net_migration_k", "wpp_migration", "persons in five years", 1e-3),
    ):
        rows = table[table["indicator"] == indicator]
        parts.append(
            long(
                rows,
                "value",
                quantity,
                unit,
                region="place",
                item=(rows["sex"].fillna("") + ":" + rows["age"].fillna("")).str.strip(":"),
                year="first",
                vintage="2024",
                scale=scale,
                grade=(rows["first"].astype(int) < 2020).map({True: "C", False: "D"}),
            )
        )
    old = read(folder, "wpp2010_china")
    item = old["indicator"] + ":" + old["sex"].fillna("") + ":" + old["age"].fillna("")
    parts.append(
        long(
            old,
            "value",
            "wpp2010",
            "as the item",
            region=pd.Series(NATION, old.index),
            item=item,
            year=old["period"].str[:4],
            vintage="2010",
            grade="C",
        )
    )
    return parts


def _countries(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the countries in `COUNTRIES`, each with its code in the worlds in the column ``place``."""
    table = table[table["country_code"].isin(COUNTRIES)].copy()
    table["place"] = table["country_code"].map(COUNTRIES)
    return table


def facts(folder: Path) -> list[pd.DataFrame]:
    return [
        p for reader in (census, age_sex, industries, labour, migration, vital, projections) for p in reader(folder)
    ]
