r"""The spatial equilibrium: read this first.

``evaluate`` takes a guess of the unknowns, all as log changes from the base year, walks through the equilibrium
conditions in order, and returns what markets and people make of the guess together with every amount of the
year. An equilibrium is a guess that comes back unchanged. Each mechanism's equations stand in its own file.

World value added at factor cost is the numeraire.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from citybelt.engine.solve import Model
from citybelt.model.accounts import (
    GOVERNMENT,
    HOUSEHOLD,
    INVESTMENT,
    LAND,
    Base,
    Closure,
    Shock,
    State,
    Theory,
)
from citybelt.model.flows import Flows, dense
from citybelt.model.ledger import balance, post
from citybelt.model.mechanisms import agglomeration, capital, energy, housing, migration, production, public_finance
from citybelt.model.preconditioner import steps


class Accounts(NamedTuple):
    """Every amount of the year, in billions a year unless said otherwise; the ledger is posted from these."""

    output: Array  # [N, J] value at the gate
    receipts: Array  # [N, J] what sellers are paid by buyers
    net: Array  # [N, J] costs over output: above one where a subsidy adds to it, below where process emissions are paid
    factor_income: Array  # [3, N, J]
    production_tax: Array  # [N, J]
    inputs: Array  # [N, J] materials used, by product, at user prices
    use: Array  # [N, J] all spending on a product at user prices
    goods: Array  # [N, J] the same before carbon
    tariffs: Array  # [N, J] by buyer
    carbon_fuel: Array  # [N]
    carbon_process: Array  # [N]
    owned_abroad: Array  # [H] capital income that leaves
    property_income: Array  # [N] capital income received
    land_private: Array  # [N] rents of housing and land kept by households
    land_public: Array  # [N] and by the government
    contributions: Array  # [N]
    pensions: Array  # [N]
    residual: Array  # [N]
    income: Array  # [N] of households
    income_tax: Array  # [N]
    saving: Array  # [N]
    levy: Array  # [N]
    consumption: Array  # [N] rents included
    rents: Array  # [N]
    local_tax: Array  # [N] income and production taxes kept by the place
    grants: Array  # [N]
    transfers: Array  # [N] between governments; sum to zero
    centre: Array  # [] revenue of the centre
    government: Array  # [N] public consumption
    investment: Array  # [N]
    bill: Array  # [5, N] levers, by payer and place, subsidies included
    subsidy: Array  # [5, N] of it, what makers are paid
    lever_use: Array  # [N, J] what levers buy, at user prices
    residents: Array  # [2, H] persons by group and residence
    stayed: Array  # [2, H] of them, registered where they live
    log_welfare: Array  # [2, H] by group and origin
    log_price: Array  # [N, J] price where products are bought, carbon apart
    log_user: Array  # [N, J] user price
    log_gate: Array  # [N, J] price at the gate
    log_rent: Array  # [N]
    log_cpi: Array  # [N]


class Geography(NamedTuple):
    """What distance does in a scenario, and stays the same while prices move."""

    trade: Flows
    residence: migration.Reach
    log_aid: Array  # [N, J] what makers get over what buyers pay at the gate


def geography(b: Base, th: Theory, z: Shock) -> Geography:
    """The operators of trade and of residence in a scenario, and the wedge of its subsidies."""
    trade = dense(b.share, b.tariff, th.theta, z.log_d, z.d_tariff, b.n_home)
    return Geography(trade, migration.reach(b.people, z.log_N, z.log_mu, th.nu), production.aid(z.subsidy))


def evaluate(b: Base, th: Theory, z: Shock, c: Closure, geo: Geography, x: State) -> tuple[State, Accounts]:
    """One pass through the equilibrium conditions.

    Vectors of home regions are padded by zeros for the partners, and the other way round, so that one line serves
    both; ``home`` and ``away`` are one where a region is at home or a partner.

    Args:
        b, th, z, c: base year, elasticities, shock, closure.
        geo: the operators of the shock, from ``geography``.
        x: the guess.

    Returns:
        What markets and people make of the guess (equal to it at an equilibrium), and all amounts.
    """
    h, n = b.n_home, b.shape[0]
    home = jnp.where(jnp.arange(n) < h, 1.0, 0.0)
    away = 1.0 - home
    wide = lambda of_home: jnp.pad(of_home, (0, n - h))  # noqa: E731
    partners = lambda of_partners: jnp.pad(of_partners, (h, 0))  # noqa: E731

    # Prices that users pay, rents, and the index to which nominal amounts are tied.
    log_building_cost = jnp.sum(b.basket[INVESTMENT] * x.price, axis=1)
    log_rent = housing.rent(x.spending, wide(z.log_Hres), log_building_cost, th.eta)
    consumption_guess = b.consumption * jnp.exp(x.spending)
    log_cpi_goods = housing.consumer_price(b.housing_share, b.basket[HOUSEHOLD], log_rent, x.price)
    index = jnp.exp(log_cpi_goods @ (home * b.consumption) / (home @ b.consumption))
    carbon = z.carbon * index * energy.TONNES
    log_user, before_carbon = energy.charged(x.price, carbon[:, None] * b.emission)
    user = jnp.exp(log_user)
    log_cpi = housing.consumer_price(b.housing_share, b.basket[HOUSEHOLD], log_rent, log_user)

    # People choose where to live.
    residents, stayed, log_welfare = migration.choose(geo.residence, x.value, th.nu, c.still_people)
    at_base = b.people.sum(axis=1)
    log_residents = jnp.log(residents / at_base)
    heads = residents[0] + residents[1]
    log_heads = jnp.log(heads / at_base.sum(axis=0))
    newcomers = heads - stayed.sum(axis=0)

    # Unit costs and prices.
    log_productivity = agglomeration.productivity(z.log_A, th.agg, wide(log_residents[0]))
    share_va = 1.0 - b.tax_rate - b.input_coef.sum(axis=2)
    log_return = capital.by_sector(x.rental, x.output, z.log_K, z.log_Kj, c.specific_capital)
    log_cost = production.unit_cost(
        share_va, b.factor_share, b.input_coef, b.tax_rate,
        (x.wage[:, None], log_return, x.output - z.log_H), log_productivity, log_user,
    )  # fmt: skip
    log_made, kept = energy.charged(log_cost, carbon[:, None] * b.process)
    log_gate, net = log_made - geo.log_aid, kept * jnp.exp(geo.log_aid)
    attraction = geo.trade.attraction(log_gate)
    access = geo.trade.access(attraction)
    log_price = geo.trade.price(access)

    # What factors earn, and who receives it.
    output = b.output * jnp.exp(x.output) / net
    factor_income = b.factor_share * (share_va * net * output)
    labour, capital_income, land = (factor.sum(axis=1) for factor in factor_income)
    production_tax = b.tax_rate * net * output
    owned_abroad = wide(b.owned_abroad) * capital_income
    property_income = (
        capital.property_income(home * (capital_income - owned_abroad), wide(b.ownership), c.local_ownership)
        + away * capital_income
        + partners(b.abroad_weight) * owned_abroad.sum()
    )
    rents = rents_of(b, consumption_guess)
    land_public = home * c.land_public * (rents + jnp.sum(factor_income[LAND] * b.land_public, axis=1))
    land_private = rents + land - land_public
    contributions = b.contribution * home * labour
    pensions = public_finance.pensions(wide(b.pension), wide(residents[1]), contributions.sum())
    before_residual = labour - contributions + pensions + property_income + land_private
    # Each home region's residual moves with its income; what that changes is shared at home by income.
    beyond = wide(b.residual_rate / (1.0 - b.residual_rate))
    weight = wide(b.income[:h] / jnp.sum(b.income[:h]))
    rest = index * (home @ b.residual) - beyond @ before_residual
    shared_at_home = weight * rest / (1.0 + beyond @ weight)
    residual = beyond * (before_residual + shared_at_home) + shared_at_home + index * away * b.residual
    income = before_residual + residual

    # Levers are bought, and paid by the people behind their payers.
    service = z.service * newcomers * 1e-6
    service_price = jnp.exp(log_user[:h] @ b.service_basket)
    bought = jnp.stack([jnp.sum(of_payer * user, axis=1) for of_payer in z.purchase])
    subsidy = production.subsidies(z.subsidy, output, geo.log_aid)
    bill = bought + jnp.pad(service * service_price, ((0, 0), (0, n - h))) + subsidy
    service_bill = wide(service.sum(axis=0) * service_price)
    lever_use = z.purchase.sum(axis=0) * user + service_bill[:, None] * b.service_basket
    levy = public_finance.levy(bill, income, b.province, b.ownership, h, c.local_ownership)

    # Households and investors, and what everybody buys. What levers cost comes off income before its division.
    left = income - levy
    income_tax = b.income_tax * left
    saved = b.saving * jnp.exp(z.log_saving)
    saving = saved * left
    consumption = left - income_tax - saving
    weight_of_place = b.investment_weight * jnp.exp(z.log_I)
    investment = wide(weight_of_place / weight_of_place.sum()) * (home @ saving) + away * saving
    inputs = jnp.einsum("nkj,nk->nj", b.input_coef, net * output)
    use = (
        (consumption - rents_of(b, consumption))[:, None] * b.basket[HOUSEHOLD]
        + (b.government * jnp.exp(x.public))[:, None] * b.basket[GOVERNMENT]
        + investment[:, None] * b.basket[INVESTMENT]
        + inputs
        + lever_use
    )

    # Carbon is paid on fuels, tariffs at the border; sellers receive the rest.
    goods = use * before_carbon
    receipts, tariffs = geo.trade.sales(attraction, access, goods)
    carbon_fuel = jnp.sum(use - goods, axis=1)
    carbon_process = jnp.sum(output * jnp.exp(geo.log_aid) * (1.0 - kept), axis=1)

    # Governments spend what they receive.
    taxes = income_tax + production_tax.sum(axis=1)
    local_tax = (wide(b.local_tax) + away) * taxes
    border = tariffs.sum(axis=1) + carbon_fuel + carbon_process
    centre = home @ (taxes - local_tax + border)
    grants = public_finance.grants(wide(b.grant), wide(b.grant_weight), centre, b.centre, index)
    transfers = wide(public_finance.transfers(z.transfer, b.grant_weight, index))
    government = local_tax + land_public + grants + transfers + away * border

    # What the guess should have been.
    earned = b.factor_share[:2] * (share_va * net * receipts)
    scale = jnp.sum(b.value_added) / jnp.sum(share_va * net * receipts)
    labour_new, capital_new = (scale * factor.sum(axis=1) for factor in earned)
    base_labour, base_capital, _ = (b.factor_share * b.value_added).sum(axis=2)
    log_public = jnp.log(government / b.government)
    log_services = log_public - jnp.sum(b.basket[GOVERNMENT] * log_user, axis=1)
    per_head = _spending_per_head(
        labour - contributions, pensions, property_income + land_private + residual - levy, b, saved, residents
    )
    new = State(
        wage=jnp.log(labour_new / base_labour) - wide(log_residents[0] + z.log_h),
        rental=capital.log_return(capital_new, base_capital, z.log_K, h, c.mobile_capital),
        price=log_price,
        output=jnp.log(scale * net * receipts / b.output),
        spending=jnp.log(consumption / b.consumption),
        public=log_public,
        value=migration.place_value(
            z.log_B,
            log_heads,
            log_services[:h] - log_heads,
            jnp.log(per_head / b.spending_per_head) - log_cpi[:h],
            th.congestion,
            th.public * jnp.sum(b.government[:h]) / jnp.sum(b.income[:h]),
        ),
    )
    return new, Accounts(
        output, receipts, net, factor_income, production_tax, inputs, use, goods, tariffs, carbon_fuel,
        carbon_process, owned_abroad[:h], property_income, land_private, land_public, contributions, pensions,
        residual, income, income_tax, saving, levy, consumption, rents, local_tax, grants, transfers, centre,
        government, investment, bill, subsidy, lever_use, residents, stayed, log_welfare, x.price,
        log_user, log_gate, log_rent, log_cpi,
    )  # fmt: skip


def rents_of(b: Base, consumption: Array) -> Array:
    """What households of each region pay for housing, a constant share of what they spend."""
    return b.housing_share * consumption


def _spending_per_head(wages: Array, pensions: Array, shared: Array, b: Base, saved: Array, residents: Array) -> Array:
    """[2, H] spending per head: wages feed people under 60, pensions those over, the rest is shared by heads."""
    h = b.n_home
    keep = 1.0 - b.income_tax[:h] - saved[:h]
    return keep * (jnp.stack([wages[:h], pensions[:h]]) / residents + shared[:h] / residents.sum(axis=0))


def _walras(b: Base, a: Accounts) -> Array:
    return jnp.abs(jnp.sum(a.output - a.receipts)) / jnp.sum(a.output)


def _positive(b: Base, a: Accounts) -> dict[str, Array]:
    return {"spending": a.consumption / b.consumption, "public": a.government / b.government}


#: Regions with production, trade, people and public accounts.
SPATIAL = Model(
    "spatial", State.zeros, geography, evaluate, steps, kept=("wage", "rental", "value"), walras=_walras,
    positive=_positive, books=lambda s: float(balance(post(s), s.base.n_home)["relative"].max()),
)  # fmt: skip
