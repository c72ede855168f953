"""The hindcast: 2010 on 2020, scored. It takes a minute, so it is a job; the page shows the newest one that is done."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter

from citybelt.web import code
from citybelt.web.bench import Bench
from citybelt.web.pages.places import names_of
from citybelt.web.pages.sections import page, section, table
from citybelt.web.shop import Here, Plain, Who
from citybelt.web.words import both

ID, TITLE = "hindcast", both("Hindcast", "回测")
router = APIRouter(tags=["pages"])

METHODS = {
    "this": both("this method", "本方法"), "persistence": both("as many as in 2010", "与2010年相同"),
    "closed": both("births and deaths alone", "仅自然增长"), "gravity": both("gravity", "引力模型"),
}  # fmt: skip


@router.get("/pages/hindcast", response_class=Plain)
async def hindcast(shop: Here, who: Who) -> Any:
    """Scores and places of the session's newest hindcast; without one, the job to ask for."""
    done = [j for j in shop.jobs.of(who) if j.asked["kind"] == "hindcast" and j.state == "done"]
    path = done[0].folder / "result.json" if done else None
    if path is None or not path.is_file():
        empty = page(TITLE, [], code.of_verb("hindcast", shop.bench.name))
        return Plain(empty | {"job": {"kind": "hindcast"}})
    return Plain(_page(shop.bench, json.loads(path.read_bytes())) | {"job": None})


def _page(bench: Bench, told: dict[str, Any]) -> dict[str, Any]:
    import pandas as pd

    name = names_of(bench)
    rows = [{"method": "this", **{k: told[k][of] for k in ("median_abs_error", "bias", "crps")}, "of": of}
            for of in ("all", "cluster")]  # fmt: skip
    for method, scores in told["baselines"].items():
        rows += [
            {"method": method, "of": of, **{k: scores[of].get(k) for k in ("median_abs_error", "bias", "crps")}}
            for of in ("all", "cluster")
        ]
    scores = pd.DataFrame(rows)
    for lang in ("en", "zh"):
        scores[f"method_{lang}"] = [METHODS.get(m, both(m.replace("_", " "), m))[lang] for m in scores["method"]]
        who = {"all": both("all places", "全部地区"), "cluster": both("the cluster", "城市群")}
        scores[f"of_{lang}"] = [who[o][lang] for o in scores["of"]]
    scores = scores.drop(columns=["method", "of"])
    places = pd.DataFrame(told["regions"]).drop(columns=["name_en", "name_zh"])
    sections = [
        section("scores", both("Scores, per cent", "得分，%"), table(scores, {
            "method": ("Forecast", "预测", ""), "of": ("of", "范围", ""),
            "median_abs_error": ("Median absolute error", "绝对误差中位数", "percent"),
            "bias": ("Bias", "偏差", "percent"), "crps": ("CRPS", "CRPS", "percent"),
        })),
        section("places", both("Places", "各地"), table(places, {
            "region": ("Place", "地区", ""), "people_2010": ("People 2010", "2010年人口", "persons"),
            "counted": ("Counted 2020", "2020年普查", "persons"), "median": ("Forecast", "预测", "persons"),
            "low80": ("low (80 %)", "下限（80%）", "persons"), "high80": ("high (80 %)", "上限（80%）", "persons"),
            "error_pct": ("Error", "误差", "percent"),
        }, name)),
    ]  # fmt: skip
    return page(TITLE, sections, code.of_verb("hindcast", bench.name))
