"""A world: the nation's places grouped into regions, its partners, and trade and people between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd

from citybelt.estimate import bank, people, trade
from citybelt.estimate.gravity import gateway_km
from citybelt.estimate.split import redraw
from citybelt.geo.network import GOODS, PEOPLE, Network
from citybelt.worlds import tables
from citybelt.worlds.accounts import NATION, PlaceAccounts, concordance, place_accounts, place_people
from citybelt.worlds.partners import Partners, partners, remainder, value_added
from citybelt.worlds.places import Places, group
from citybelt.worlds.split import Split, applied
from citybelt.worlds.tables import assumed, assumptions, definition, facts, series, value, wide
from citybelt.worlds.value_added import TIERS

FINAL = ("consumption", "government", "investment")


@cache
def network() -> Network:
    """The transport network of the base year."""
    return Network.load(definition("common")["accounts"]["table_year"])


@cache
def place_counts() -> tuple[list[str], dict[str, np.ndarray], np.ndarray]:
    """The places, counts of their people by the names that `people.fill` gives them, which registers are imputed."""
    counts = place_people()
    units, residents = counts.places.units, counts.residents.to_numpy()
    province = _number(units["province"])
    same, other = counts.migrants["same_province"].to_numpy(), counts.migrants["other_province"].to_numpy()
    registered, missing = people.fill_registered(
        counts.registered.to_numpy(), residents.sum(axis=1), same + other, province
    )
    places = list(units.index)
    arguments = {
        "residents": residents,
        "registered": registered,
        "other_county": same,
        "other_province": other,
        "province": province,
        "distance": network().distance(places),
    }
    return places, arguments, missing


@cache
def place_fill() -> tuple[people.PeopleFill, np.ndarray, np.ndarray]:
    """People by registration and residence of every place; registered persons; which of them are imputed."""
    places, counts, missing = place_counts()
    filled = people.fill(**counts, **people.assumptions(), start=bank.people_start(places))  # type: ignore[arg-type]
    return filled, counts["registered"], missing


def place_draw(draw: int) -> people.PeopleFill:
    """`place_fill` under the assumptions of a draw. No factors are stored for draws: a cold start is as quick."""
    _, counts, _ = place_counts()
    return people.fill(**counts, **people.assumptions(draw))  # type: ignore[arg-type]


@dataclass(frozen=True)
class World:
    """Accounts of one world before they are labelled. N regions, Nd domestic ones first; J sectors."""

    definition: Mapping[str, Any]
    account: PlaceAccounts
    places: Places
    vintage: str
    split: Split | None = None  # a user's table in place of the imputed split

    @cached_property
    def domestic(self) -> list[str]:
        return list(self.places.regions.index)

    @cached_property
    def foreign(self) -> list[str]:
        return list(self.definition["foreign"])

    @cached_property
    def regions(self) -> list[str]:
        return self.domestic + self.foreign

    @cached_property
    def provinces(self) -> list[str]:
        return sorted(set(self.places.regions["province"]))

    @cached_property
    def province(self) -> np.ndarray:
        """Number of each domestic region's province [Nd]."""
        return np.searchsorted(self.provinces, self.places.regions["province"])

    @cached_property
    def member(self) -> np.ndarray:
        """Region of each place [P]."""
        return pd.Index(self.domestic).get_indexer(self.places.units["region"])

    def add(self, by_place: np.ndarray | pd.Series | pd.DataFrame) -> np.ndarray:
        """Sum over the places of every domestic region."""
        values = np.asarray(by_place, float)
        out = np.zeros((len(self.domestic), *values.shape[1:]))
        np.add.at(out, self.member, values)
        return out

    @cached_property
    def partners(self) -> Partners:
        account, years = self.account, definition("common")["accounts"]
        year = years["table_year"]
        rate = value("stated", NATION, "implied exchange rate", year)
        usd = series("gdp_usd", year)
        names = [f for f in self.foreign if f != "ROW"]
        home = self.definition["home"]
        gdp = usd[names].copy()
        gdp["ROW"] = usd["WLD"] - usd[home] - gdp.sum()
        shares = wide("gdp_structure", year)[list(TIERS)]
        others = [c for c in shares.index if c in usd.index and c not in {home, *names}]
        shares.loc["ROW"] = remainder(shares, usd, others)
        nation = account.nation
        dwellings = nation.value_added.copy()
        dwellings[account.sectors.index(concordance()[years["dwellings"]])] += nation.housing
        with (tables.HERE / "partners.csv").open(encoding="utf-8") as file:
            factor = pd.read_csv(file).pivot(index="partner", columns="sector", values="factor")
        added = value_added(
            gdp * rate, shares, tables.sectors()["tier"].to_dict(), pd.Series(dwellings, account.sectors), factor
        )
        final = np.stack([nation.household, nation.government, nation.investment])
        total = final.sum(axis=0)
        return partners(
            added.loc[self.foreign].to_numpy(),
            account.ratio,
            account.inputs,
            total / (total + nation.inputs.sum(axis=0)),
            final / total,
            nation.exports,
            account.imports,
        )

    @cached_property
    def imputed(self) -> np.ndarray:
        """Value added [Nd, J], taxes included, as employment and the accounts of cities suggest it."""
        return self.add(self.account.value_added)

    @cached_property
    def value_added(self) -> np.ndarray:
        """Value added [Nd, J], taxes included: the user's where a table gives it."""
        if self.split is None:
            return self.imputed
        tier = tables.sectors()["tier"].to_numpy(str)
        return applied(self.imputed, self.split, tier, self.domestic, self.account.sectors, assumed("trace"))

    @cached_property
    def given(self) -> np.ndarray:
        """Whether a user's table gives the cell [Nd, J]."""
        if self.split is None:
            return np.zeros((len(self.domestic), len(self.account.sectors)), bool)
        return ~np.isnan(self.split.table(self.domestic, self.account.sectors))

    @cached_property
    def output(self) -> np.ndarray:
        """Gross output before balancing [N, J]."""
        return np.concatenate([self.value_added / self.account.ratio, self.partners.output])

    @cached_property
    def input_coef(self) -> np.ndarray:
        """[N, J user, J product]: national coefficients in every domestic region."""
        domestic, abroad = len(self.domestic), len(self.foreign)
        return np.concatenate(
            [np.repeat(self.account.inputs[None], domestic, 0), np.repeat(self.partners.inputs[None], abroad, 0)]
        )

    @cached_property
    def final(self) -> np.ndarray:
        """Final demand before balancing [3, N, J]: the nation's products in every domestic region."""
        nation, account = self.account.nation, self.account
        spending = [account.consumption, account.government, account.investment]
        products = [nation.household, nation.government, nation.investment]
        home = np.stack(
            [
                np.outer(self.add(total), product / product.sum())
                for total, product in zip(spending, products, strict=True)
            ]
        )
        return np.concatenate([home, self.partners.final], axis=1)

    @cached_property
    def tariff(self) -> np.ndarray:
        """[N, N, J]: the same rates on all that crosses a border between countries."""
        country = np.r_[np.zeros(len(self.domestic)), 1 + np.arange(len(self.foreign))]
        return (country[:, None] != country[None, :])[:, :, None] * self.account.tariff

    @cached_property
    def partner_trade(self) -> pd.DataFrame:
        """Share of each partner in the nation's trade of goods, with the year it is of; NaN where unknown."""
        year = definition("common")["accounts"]["table_year"]
        rows = []
        held = facts("partner_trade", item="total")
        total = {(r.year, r.vintage): r.value for r in held[held["region"] == "WLD"].itertuples()}
        assume = assumptions()
        guessed = set(assume.loc[assume["name"] == "trade_with_nation", "key"])
        for partner in self.foreign:
            own = held[held["region"] == partner]
            own = own[[(r.year, r.vintage) in total for r in own.itertuples()]]
            if len(own):
                best = own.assign(gap=(own["year"] - year).abs()).sort_values(["gap", "vintage"]).iloc[0]
                share = best["value"] / total[(best["year"], best["vintage"])]
                grade = "B" if best["year"] == year else "D"
                rows.append((partner, share, int(best["year"]), grade, best["source"]))
            elif partner in guessed:
                open_ = wide("gdp_structure", year).loc[partner, ["exports", "imports"]].sum() / 100
                usd = value("gdp_usd", partner, "", year) * open_ * assumed("trade_with_nation", partner)
                goods = series("goods_trade", year, vintage="destination_source").sum()
                rows.append((partner, usd / goods, year, "D", "assumed"))
            else:
                rows.append((partner, np.nan, year, "D", "assumed"))
        return pd.DataFrame(rows, columns=["partner", "share", "year", "grade", "source"]).set_index("partner")

    @cached_property
    def distance(self) -> np.ndarray:
        return network().distance(self.regions)

    @cached_property
    def known(self) -> trade.Known:
        """What the trade matrix has to meet."""
        account, years = self.account, definition("common")["accounts"]
        sectors = tables.sectors()
        goods = series("goods_trade", years["table_year"], vintage="destination_source").reindex(self.provinces)
        customs = {
            way: (wide(f"{way}_sector", years["output_year"]).T.groupby(concordance()).sum(min_count=1).T)
            .reindex(self.provinces)
            .reindex(columns=account.sectors)
            .to_numpy(float)
            for way in ("exports", "imports")
        }
        return trade.Known(
            output=self.output,
            use=self._use(self.output),
            tariff=self.tariff,
            exports=account.nation.exports,
            imports=account.imports,
            goods=(sectors["goods"] == 1).to_numpy(),
            follows_goods=sectors.index.isin(["trade", "transp"]),
            province=self.province,
            customs_exports=customs["exports"],
            customs_imports=customs["imports"],
            province_share=(goods / goods.sum()).to_numpy(),
            partner_share=self.partner_trade["share"].to_numpy(),
            distance=self.distance,
            gateway=gateway_km(network(), self.domestic, self.definition["home"]),
            pair_share=bank.pair_share(self.provinces, self.foreign),
        )

    def known_in(self, draw: int | None) -> trade.Known:
        """What the trade matrix of a draw has to meet: a draw splits the industry of cities differently."""
        frictions, home = bank.frictions(draw), len(self.domestic)
        if not frictions.split:
            return self.known
        secondary = (tables.sectors()["tier"] == "secondary").to_numpy()
        ratio = 1 - self.input_coef.sum(axis=2)
        output = self.output.copy()
        output[:home] = redraw(
            self.output[:home], ratio[:home], self.province, secondary, frictions.split, frictions.seed, self.given
        )
        return replace(self.known, output=output, use=self._use(output))

    def _use(self, output: np.ndarray) -> np.ndarray:
        """Final and intermediate use at users' prices [N, J]."""
        return self.final.sum(axis=0) + np.einsum("nkj,nk->nj", self.input_coef, output)

    def fill(self, draw: int | None = None) -> trade.TradeFill:
        """The trade matrix: the central one, or one of the bank."""
        start = bank.start(
            self.definition["name"], draw, self.domestic, self.account.sectors, self.provinces, self.foreign
        )
        return trade.fill(self.known_in(draw), bank.frictions(draw), start)

    @cached_property
    def migrants(self) -> np.ndarray:
        """[Nd origin, Nd residence, group] persons, the central fill."""
        return people.aggregate(place_fill()[0].migrants, self.member)

    def migrants_in(self, draw: int) -> np.ndarray:
        """`migrants` under the assumptions of a draw: places are filled, then summed to regions."""
        return people.aggregate(place_draw(draw).migrants, self.member)

    def times(self) -> tuple[np.ndarray, np.ndarray]:
        """Hours between regions [N, N] for goods and for people."""
        return network().times(self.regions, GOODS), network().times(self.regions, PEOPLE)


def places_of(name: str, options: tuple[str, ...]) -> Places:
    """How the regions of a world add up from places."""
    return group(tables.units(), definition("common")["merge"], definition(name), options)


@cache
def world(name: str, vintage: str, options: tuple[str, ...], split: Split | None = None) -> World:
    """One of the embedded worlds."""
    return World(definition(name), place_accounts(vintage), places_of(name, options), vintage, split)


def _number(labels: pd.Series) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1]
