"""Folders of trade tables: written from economies of the class ``trade``, and from published data."""

import csv

import numpy as np

from citybelt.trade.economy import Change, Economy
from citybelt.trade.settings import REPAIRS, Settings
from citybelt.trade.write import files

#: Places of the members among the countries of Caliendo and Parro (2015).
NAFTA = {"Canada": 4, "Mexico": 19, "USA": 29}


def write(folder, economy):
    """The files of an economy in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files(economy).items():
        (folder / name).write_bytes(content)
    return folder


def repairing(**chosen):
    """Repairs with some allowed."""
    return {k: v[0] for k, v in REPAIRS.items()} | chosen


def of_base(b, th, c, z=None, **settings):
    """The economy that a base year of the class came from, with the change of a shock."""
    n, j = b.shape
    taxed = list(b.flows.taxed)
    rates, fresh = np.zeros((2, j, n, n))
    rates[taxed] = fresh[taxed] = b.flows.tariff
    change = Change()
    if z is not None:
        fresh[taxed] += z.d_tariff
        change = Change(
            tariff=fresh, trade_cost=np.asarray(z.log_d), productivity=np.asarray(z.log_T),
            factor_productivity=np.asarray(z.log_A), transfer=np.asarray(z.d_transfer),
        )  # fmt: skip
    some = lambda a: None if a is None else np.asarray(a)  # noqa: E731
    return Economy(
        settings=Settings("random", "crowns", "persons", **settings),
        regions=tuple(f"region {k}" for k in range(n)), sectors=tuple(f"sector {k}" for k in range(j)),
        trade=np.asarray(b.flows.share) * np.asarray(b.use).T[:, :, None] / (1 + rates),
        tariff=rates, va=np.asarray(b.va), inputs=np.asarray(b.input_coef), theta=np.asarray(th.theta),
        agglomeration=np.asarray(th.agg), substitution=some(th.top), substitution_inputs=some(th.materials),
        structures=1 - np.asarray(b.labour_share) if b.built else None,
        housing=np.asarray(b.housing_share) if np.any(b.housing_share) else None,
        markets=tuple(f"market {k}" for k in range(b.markets)), market=b.market,
        origins=tuple((f"region {o}", "") for o in range(len(b.people))),
        people=np.asarray(b.people) if b.settled else None, change=change,
    )  # fmt: skip


def caliendo_parro(source, folder, deficits="zero"):
    """The authors' files of 1993 and 2005 as a folder of tables: NAFTA's tariffs among its members change."""
    n, tradable = 31, 20
    read = lambda name: np.loadtxt(source / name, delimiter="\t", ndmin=2)  # noqa: E731
    names = ("xbilat1993", "tariffs1993", "tariffs2005")
    flows, old, new = (read(f"{name}.txt")[:, :n].reshape(tradable, n, n) for name in names)
    share, output, theta = read("B.txt").T, read("GO.txt").T, read("T.txt").ravel()
    j = share.shape[1]
    inputs = read("IO.txt").reshape(n, j, j).transpose(0, 2, 1)  # [region, user, input]
    trade = np.zeros((j, n, n))
    trade[:tradable] = 1000 * flows
    exports = trade.sum(axis=1).T
    trade[:, np.arange(n), np.arange(n)] = (np.maximum(output, exports) - exports).T
    members = list(NAFTA.values())
    regions = [next((k for k, v in NAFTA.items() if v == i), f"country {i + 1}") for i in range(n)]
    sectors = [f"sector {k + 1}" for k in range(j)]

    def put(name, head, rows):
        with (folder / name).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([head, *rows])

    def cells(array, *names):
        return (
            (*(axis[k] for axis, k in zip(names, cell, strict=True)), array[cell]) for cell in np.ndindex(array.shape)
        )

    folder.mkdir()
    put("regions.csv", ["region"], ([r] for r in regions))
    put("elasticities.csv", ["sector", "theta"], zip(sectors, [*theta, *[8.22] * (j - tradable)], strict=True))
    put("flows.csv", ["sector", "importer", "exporter", "value"], cells(trade, sectors, regions, regions))
    put("value_added.csv", ["region", "sector", "share"], cells(share, regions, sectors))
    put("inputs.csv", ["region", "sector", "input", "share"], cells(inputs, regions, sectors, sectors))
    put("tariffs.csv", ["sector", "importer", "exporter", "percent"], cells(old, sectors[:tradable], regions, regions))
    among = ((s, regions[a], regions[b], new[k, a, b]) for k, s in enumerate(sectors[:tradable])
             for a in members for b in members if a != b)  # fmt: skip
    put("tariffs_new.csv", ["sector", "importer", "exporter", "percent"], among)
    (folder / "model.yaml").write_text(
        f"name: NAFTA\nmoney: US dollars of 1993\ndeficits: {deficits}\n"
        "repair: {shares: scale, negative_final: zero, negative_inputs: keep}\n", "utf-8",
    )  # fmt: skip
    return folder
