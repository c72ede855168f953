r"""A second route to equilibria of the class ``trade``, for checking only: nested loops in levels, damped.

Inside a guess of wages ``w``, rents ``r`` and people ``L``, prices are iterated to their fixed point, then spending,

    p = c(w, r, p),      X = a I(X) + g Y(X),      I(X) = w L + r H + housing + tariffs(X) + transfers,

all shares and flows written out. Then every wage moves part of the way to where labour demand meets supply, every rent
likewise, people towards where they want to be. Nothing is shared with the class itself but its records of numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from citybelt.errors import NotSolvedError

EXACT = 1e-12


class Found(NamedTuple):
    """The equilibrium, in levels of the base year's units."""

    wage: np.ndarray  # [N, S] over the base year's
    rental: np.ndarray  # [N, S] over the base year's
    price: np.ndarray  # [N, J] over the base year's
    share: np.ndarray  # [J, N, N] expenditure shares
    output: np.ndarray  # [N, J]
    income: np.ndarray  # [N, Z]
    persons: np.ndarray  # [O, N, S]
    cpi: np.ndarray  # [N, Z] over the base year's
    value: np.ndarray  # [N, S] over the base year's
    rounds: int


def equilibrium(base: Any, theory: Any, shock: Any, closure: Any, damping: float = 0.3, rounds: int = 6000) -> Found:
    """The equilibrium by nested loops.

    Args:
        base, theory, shock, closure: the records of the class ``trade``, geography a table of shares.
        damping: part of the way that wages, rents and people go in a round.
        rounds: at most.

    Raises:
        NotSolvedError: not within the rounds.
    """
    world = _World(base, theory, shock, closure)
    n, s = world.n, world.s
    w, r, people, income = np.ones((n, s)), np.ones((n, s)), world.people, world.income
    price, use = np.ones((n, world.j)), world.use
    for k in range(rounds):
        cost, va, inputs, price = world.prices(w, r, people, price)
        share, tau = world.shares(cost, price)
        basket, cpi_goods = world.basket(price)
        income, use, output, rents = world.spending(w, r, people, va, inputs, share, tau, basket, income, use)
        labour = _by_market(world.labour_share * va * output, world.market, s)
        land = _by_market((1 - world.labour_share) * va * output, world.market, s)
        if world.one_land:
            land = land + world.housing[:, None] * income
        owed, rented = world.wage_bill(w, people), world.rent_bill(r)
        gap_w, gap_r = _ratio(labour, owed), _ratio(land, rented)
        value, wanted, cpi = world.choice(w, people, income, rents, cpi_goods, r)
        worst = max(np.abs(gap_w - 1).max(), np.abs(gap_r - 1).max(), world.distance(people, wanted))
        if worst < EXACT:
            return Found(w, r, price, share, output, income, people, cpi, value, k)
        w, r = w * gap_w**damping, r * gap_r**damping
        total = (va * output).sum()
        w, r = w * world.numeraire / total, r * world.numeraire / total
        people = world.towards(people, wanted, value, damping)
    raise NotSolvedError(f"The nested loops stand at a gap of {worst:.1e} after {rounds} rounds.")


class _World:
    """Levels of a base year and a shock."""

    def __init__(self, b: Any, th: Any, z: Any, c: Any):
        get = lambda name: np.asarray(getattr(b, name), float)  # noqa: E731
        self.n, self.j = get("output").shape
        self.market, self.s = np.asarray(b.market), max(b.market) + 1
        self.one_land, self.built = b.one_land, b.built
        self.va, self.labour_share, self.inputs = get("va"), get("labour_share"), get("input_coef")
        self.final, self.housing, self.income = get("final_share"), get("housing_share"), get("spending")
        self.transfer = get("transfer") + np.asarray(z.d_transfer)
        self.stay, self.pool_in, self.pool, self.weight = (
            get(k) for k in ("rent_stay", "rent_pool", "pool", "pool_weight")
        )
        self.labour0, self.land0 = get("labour_income"), get("structure_income")
        self.rent0 = self.land0 + (self.housing[:, None] * self.income if self.one_land else 0.0)
        self.numeraire = (self.labour0 + self.land0).sum()
        self.use = get("use")
        self.persons0 = get("people").reshape(-1, self.n, self.s)
        self.origins = np.exp(np.asarray(z.log_people))
        self.people = self.persons0 * self.origins[:, None, None]
        self.home = b.home
        self.closure, self.by_weight, self.rentiers = c.people, float(c.pool_by_weight), float(c.rentiers)
        self.tariffs0, self.transfer0 = get("tariffs"), get("transfer")
        share0, tau0 = np.asarray(b.flows.share), np.zeros((self.j, self.n, self.n))
        tau1 = tau0.copy()
        for t, j in enumerate(b.flows.taxed):
            tau0[j] = np.asarray(b.flows.tariff)[t]
            tau1[j] = tau0[j] + np.asarray(z.d_tariff)[t]
        self.share0, self.tau = share0, tau1
        self.barrier = np.exp(np.asarray(z.log_d)) * (1 + tau1) / (1 + tau0)
        self.theta = np.asarray(th.theta)
        self.agg, self.nu = np.asarray(th.agg), np.broadcast_to(np.asarray(th.nu), len(self.people))
        self.congestion, self.eta = float(th.congestion), float(th.eta)
        ones = np.ones(self.j)
        self.top = ones if th.top is None else np.asarray(th.top)
        self.among = ones if th.materials is None else np.asarray(th.materials)
        self.sigma = 1.0 if th.final is None else float(th.final)
        self.A, self.T = np.exp(np.asarray(z.log_A)), np.exp(np.asarray(z.log_T))
        self.units, self.land, self.residential = (np.exp(np.asarray(v)) for v in (z.log_L, z.log_H, z.log_Hres))
        self.amenity = np.exp(np.asarray(z.log_B))
        self.mu = np.exp(np.asarray(z.log_mu)).reshape(-1, self.n, self.s)

    # Production and trade

    def prices(self, w, r, people, price):
        """Unit costs, shares of value added and of inputs, and prices, at given factor prices."""
        growth = np.ones(self.n)
        if len(people):
            growth = people.sum(axis=(0, 2)) / self.persons0.sum(axis=(0, 2))
        v = w[:, self.market] ** self.labour_share * r[:, self.market] ** (1 - self.labour_share)
        v = v / (self.A * growth[:, None] ** self.agg)
        for _ in range(5000):
            cost, va, inputs = np.empty_like(v), np.empty_like(v), np.empty((self.n, self.j, self.j))
            for n in range(self.n):
                for k in range(self.j):
                    g = self.inputs[n, k]
                    bundle, parts = _ces(g / max(g.sum(), 1e-300), price[n], self.among[k])
                    cost[n, k], two = _ces(
                        np.array([self.va[n, k], 1 - self.va[n, k]]), np.array([v[n, k], bundle]), self.top[k]
                    )
                    va[n, k], inputs[n, k] = two[0], two[1] * parts
            cost = cost / self.T
            away = self.share0 * (cost.T[:, None, :] * self.barrier) ** -self.theta[:, None, None]
            new = away.sum(axis=2).T ** (-1 / self.theta)
            done = np.abs(new / price - 1).max() < 1e-15 * 50
            price = new
            if done:
                return cost, va, inputs, price
        raise NotSolvedError("Prices did not settle.")

    def shares(self, cost, price):
        """Expenditure shares, and tariff rates."""
        relative = cost.T[:, None, :] * self.barrier / price.T[:, :, None]
        return self.share0 * relative ** -self.theta[:, None, None], self.tau

    def basket(self, price):
        """Shares of final goods and their price."""
        found = [_ces(self.final[n], price[n], self.sigma) for n in range(self.n)]
        return np.array([f[1] for f in found]), np.array([f[0] for f in found])

    def spending(self, w, r, people, va, inputs, share, tau, basket, income, use):
        """Incomes, use and output at given prices and factor bills."""
        labour, land = self.wage_bill(w, people), self.rent_bill(r)
        for _ in range(5000):
            flows = share * use.T[:, :, None]
            received = flows / (1 + tau)
            output = received.sum(axis=1).T
            tariffs = (flows - received).sum(axis=(0, 2))
            if self.one_land:  # what producers pay of the rents of the land that they share
                land = _by_market((1 - self.labour_share) * va * output, self.market, self.s)
            rents = self.divided(labour, land, income, people, tariffs, self.transfer)
            new_income = rents["income"]
            goods = ((1 - self.housing[:, None]) * new_income).sum(axis=1)
            new = goods[:, None] * basket + np.einsum("nk,nkj->nj", output, inputs)
            gap = max(np.abs(new - use).max() / use.max(), np.abs(new_income / income - 1).max())
            use, income = new, new_income
            if gap < 1e-14:
                return income, use, output, rents
        raise NotSolvedError("Spending did not settle.")

    def divided(self, labour, land, income, people, tariffs, transfer):
        """Who receives what: incomes of households, and the parts that people share."""
        zone = (lambda a: a) if self.one_land else (lambda a: a.sum(axis=1, keepdims=True))
        housing = self.housing[:, None] * income
        left = [1 - self.stay[k] - self.pool_in[k] for k in (0, 1)]
        residents = left[0][:, None] * zone(land) + left[1][:, None] * housing
        stayers = self.stay[0][:, None] * zone(land) + self.stay[1][:, None] * housing
        pooled = self.pool_in[0] * land.sum(axis=1) + self.pool_in[1] * housing.sum(axis=1)
        received = np.zeros(self.n)
        counted = people.sum(axis=0) if len(people) else labour
        for members in self.pool:
            pot = members @ pooled
            heads = members * counted.sum(axis=1)
            by_weight = self.by_weight if len(people) else 1.0
            received += pot * ((1 - by_weight) * heads / heads.sum() + by_weight * members * self.weight)
        other = tariffs + transfer + received
        each = zone(counted) / counted.sum(axis=1, keepdims=True) * other[:, None]
        return {
            "income": zone(labour) + residents + stayers + each, "residents": residents, "stayers": stayers,
            "other": other,
        }  # fmt: skip

    # What factors are paid

    def wage_bill(self, w, people):
        """Labour income of each market."""
        growth = _ratio(people.sum(axis=0), self.persons0.sum(axis=0)) if len(people) else 1.0
        return self.labour0 * w * self.units * growth

    def rent_bill(self, r):
        """Rents of the structures, or of all the land, of a market."""
        return self.rent0 * r * self.land

    # People

    def choice(self, w, people, income, rents, goods, r):
        """What markets are worth, who wants to be where, and consumer prices."""
        if self.one_land:
            rent = r
        else:
            rent = ((income / self.income)[:, 0] / self.residential * goods**self.eta) ** (1 / (1 + self.eta))
            rent = rent[:, None]
        cpi = rent ** self.housing[:, None] * goods[:, None] ** (1 - self.housing[:, None])
        if not len(people):
            return np.ones((self.n, self.s)), people, cpi
        before = self.divided(
            self.labour0, self.land0, self.income, self.persons0, self.tariffs0, self.transfer0
        )  # fmt: skip
        now, extra = self.per_head(self.wage_bill(w, people), rents, people)
        then, extra0 = self.per_head(self.labour0, before, self.persons0)
        growth = people.sum(axis=(0, 2)) / self.persons0.sum(axis=(0, 2))
        value = self.amenity * _ratio(now, then) / cpi * growth[:, None] ** -self.congestion
        if self.closure == "choice":
            wanted = np.empty_like(people)
            for o in range(len(people)):
                worth = np.broadcast_to(value, (self.n, self.s)).copy()
                if self.home:
                    worth.flat[self.home[o]] *= extra[o] / extra0[o]
                pull = self.persons0[o] * (worth / self.mu[o]) ** self.nu[o]
                wanted[o] = self.people[o].sum() * pull / pull.sum()
        elif self.closure == "free":
            wanted = people * value
            total = self.people.sum(axis=(1, 2)) / wanted.sum(axis=(1, 2))
            wanted = wanted * total[:, None, None]
        else:
            wanted = self.people
        return value, wanted, cpi

    def per_head(self, labour, rents, people):
        """Income of a person in each market, and how many times that a person has who stays at home."""
        persons = people.sum(axis=0)
        zone = persons if self.one_land else persons.sum(axis=1, keepdims=True)
        each = _ratio(labour, persons) + rents["residents"] / zone
        each = each + (1 - self.rentiers) * (rents["other"] / persons.sum(axis=1))[:, None]
        extra = []
        for own in self.home:
            at = (own // self.s, own % self.s if self.one_land else 0)
            same = [o for o, h in enumerate(self.home) if (h == own if self.one_land else h // self.s == own // self.s)]
            stayed = sum(people[o].flat[self.home[o]] for o in same)
            extra.append(1 + (rents["stayers"][at] / stayed) / each.flat[own])
        return each, extra

    def distance(self, people, wanted):
        """How far people are from where they want to be."""
        return np.abs(wanted - people).max() / people.sum() if len(people) else 0.0

    def towards(self, people, wanted, value, damping):
        """People on their way."""
        return people + damping * (wanted - people) if len(people) else people


def _ces(share: np.ndarray, price: np.ndarray, sigma: float) -> tuple[float, np.ndarray]:
    """Price of a bundle and the shares of spending in it."""
    if abs(sigma - 1) < 1e-12:
        return float(np.prod(price**share)), share
    bundle = (share @ price ** (1 - sigma)) ** (1 / (1 - sigma)) if share.any() else 1.0
    return float(bundle), share * (price / bundle) ** (1 - sigma)


def _by_market(of_sector: np.ndarray, market: np.ndarray, s: int) -> np.ndarray:
    return np.stack([of_sector[:, market == k].sum(axis=1) for k in range(s)], axis=1)


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(b > 0, a / np.where(b > 0, b, 1.0), 1.0)
