"""Places: prefectures, provinces and partner countries."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .common import number, read, source_key

COUNTRIES = {
    "JPN": ("Japan", "日本", "HND"),
    "KOR": ("South Korea", "韩国", "ICN"),
    "RUS": ("Russia", "俄罗斯", "VVO"),
    "MNG": ("Mongolia", "蒙古国", "UBN"),
    "ROW": ("Rest of the world", "世界其他地区", None),
}


def units(folder: Path) -> pd.DataFrame:
    """Unit, level, names, province, cluster, position (degrees), area (km2), source and grade.

    A country's position is that of an airport: the capital's, and Vladivostok for Russia, whose trade with
    the Northeast passes there.
    """
    table = read(folder, "units_prefecture")
    label = table["lonlat_src"].str.contains("label point")
    cities = pd.DataFrame(
        {
            "unit": table["adcode"],
            "level": table["level"],
            "name_en": table["name_en"],
            "name_zh": table["name_zh"],
            "province": table["province_adcode"],
            "cluster": table["cluster"].replace("other", ""),
            "lon": number(table["lon"]),
            "lat": number(table["lat"]),
            "area_km2": number(table["area_km2_tianditu"]),
            "source": "units",
            "grade": label.map({True: "B", False: "A"}),
        }
    )
    totals = table.groupby("province_adcode").agg(
        name_en=("province_en", "first"),
        name_zh=("province_zh", "first"),
        clusters=("cluster", lambda c: set(c)),
    )
    area = cities.groupby("province")["area_km2"].sum()
    provinces = pd.DataFrame(
        [
            {
                "unit": code,
                "level": "province",
                "name_en": row.name_en,
                "name_zh": row.name_zh,
                "province": code,
                "cluster": next(iter(row.clusters)).replace("other", "") if len(row.clusters) == 1 else "",
                "lon": float("nan"),
                "lat": float("nan"),
                "area_km2": area[code],
                "source": "units",
                "grade": "C",
            }
            for code, row in totals.iterrows()
            if code not in set(cities["unit"])
        ]
    )
    airports = read(folder, "airports").set_index("iata")
    countries = pd.DataFrame(
        [
            {
                "unit": code,
                "level": "country",
                "name_en": en,
                "name_zh": zh,
                "province": "",
                "cluster": "",
                "lon": float(airports.at[port, "lon"]) if port else float("nan"),
                "lat": float(airports.at[port, "lat"]) if port else float("nan"),
                "area_km2": float("nan"),
                "source": source_key("airportsdata"),
                "grade": "B",
            }
            for code, (en, zh, port) in COUNTRIES.items()
        ]
    )
    return pd.concat([cities, provinces, countries]).sort_values("unit", kind="stable").reset_index(drop=True)
