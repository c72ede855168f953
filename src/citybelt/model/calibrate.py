"""From a dataset's tables to a balanced base year.

Nothing is estimated here. Every account is closed by an identity, in this order: the trade matrix gives output
and use; final demand by use gives baskets; national identities give the saving and tax rates; regional
consumption gives income; ownership of capital explains income that wages, pensions and land do not; the small
residual that then remains is ``D``. Public consumption of a region less its own revenue is its net grant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from citybelt.errors import InputError, Problem

if TYPE_CHECKING:
    from citybelt.model.accounts import Base, Closure


def calibrate(
    *,
    trade: np.ndarray,
    tariff: np.ndarray,
    input_coef: np.ndarray,
    tax_rate: np.ndarray,
    factor_share: np.ndarray,
    land_public: np.ndarray,
    final: np.ndarray,
    housing: np.ndarray,
    people: np.ndarray,
    pension: np.ndarray,
    owned_abroad: np.ndarray,
    province: np.ndarray,
    emission: np.ndarray,
    process: np.ndarray,
    closure: Closure,
    local_tax: float = 0.5,
) -> Base:
    """The balanced base year of an economy.

    Args:
        trade: [N, N, J] value at the gate sold to buyer n (first axis) by seller i, billions.
        tariff: [N, N, J] ad valorem rates.
        input_coef: [N, J, J] input j per unit of output of k: [n, k, j].
        tax_rate: [N, J] net tax on production per unit of output.
        factor_share: [3, N, J] of labour, capital, land in value added, sums to one.
        land_public: [J] one where land income can be public.
        final: [3, N, J] household goods, government, investment at user prices; with inputs they must exhaust
            what each region buys.
        housing: [N] rents paid by households.
        people: [2, H, H] persons by group, origin, residence.
        pension: [H] billions per person of 60 and over.
        owned_abroad: [H] share of capital income owned abroad.
        province: [G, H] one where home region h belongs to province g.
        emission, process: [N, J] Mt per billion of product used, and of output.
        closure: who owns capital and land decides which incomes the base year explains.
        local_tax: share of income and production taxes that stays with the place.

    Raises:
        InputError: accounts that don't balance, negative amounts, an income that nothing explains.
    """
    import jax.numpy as jnp

    from citybelt.model.accounts import Base
    from citybelt.model.mechanisms.capital import property_income as capital_owned

    n, h = trade.shape[0], people.shape[1]
    output = trade.sum(axis=0)
    spending = (trade * (1 + tariff)).sum(axis=1)
    inputs = np.einsum("nkj,nk->nj", input_coef, output)
    value_added = (1 - tax_rate - input_coef.sum(axis=2)) * output
    _check(output, spending, inputs, value_added, factor_share, final, people)

    labour, capital, land = (factor_share * value_added).sum(axis=2)
    land_income = factor_share[2] * value_added
    production_tax = (tax_rate * output).sum(axis=1)
    tariffs = (trade * tariff).sum(axis=(1, 2))
    goods, government, investment = final.sum(axis=2)
    consumption = goods + housing
    home = slice(0, h)

    # Partners: taxes pay the government, savings pay investment, income is what is spent.
    income = consumption + investment
    income[h:] += government[h:] - production_tax[h:] - tariffs[h:]
    # Home: one saving rate and one tax rate meet the national totals.
    public_land = closure.land_public * ((land_income[home] * land_public).sum(axis=1) + housing[home])
    total = final[:, home].sum() + housing[home].sum() - (public_land + production_tax[home] + tariffs[home]).sum()
    saving = np.empty(n)
    saving[home] = investment[home].sum() / total
    saving[h:] = investment[h:] / income[h:]
    tax = np.empty(n)
    tax[home] = (government[home] - public_land - production_tax[home] - tariffs[home]).sum() / total
    tax[h:] = (government[h:] - production_tax[h:] - tariffs[h:]) / income[h:]
    income[home] = consumption[home] / (1 - saving[home] - tax[home])

    # Ownership explains income beyond wages, pensions and land, within bounds around where capital works.
    residents = people.sum(axis=1)
    pensions = pension * residents[1]
    contribution = pensions.sum() / labour[home].sum()
    private_land = land[home] + housing[home] - public_land
    earned = labour[home] * (1 - contribution) + pensions + private_land
    kept = capital[home] * (1 - owned_abroad)
    rate = 1 - (earned.sum() + kept.sum()) / income[home].sum()
    ownership = _within((1 - rate) * income[home] - earned, kept)
    residual = np.empty(n)
    property_income = np.asarray(capital_owned(jnp.asarray(kept), jnp.asarray(ownership), closure.local_ownership))
    residual[home] = income[home] - earned - property_income
    abroad = capital[home] - kept
    abroad_weight = capital[h:] / capital[h:].sum()
    residual[h:] = income[h:] - labour[h:] - capital[h:] - land[h:] - housing[h:] - abroad_weight * abroad.sum()

    centre = (1 - local_tax) * (tax[home] * income[home] + production_tax[home]).sum() + tariffs[home].sum()
    grant = government[home] - local_tax * (tax[home] * income[home] + production_tax[home]) - public_land
    keep = 1 - saving[home] - tax[home]
    shared = private_land + property_income + residual[home]
    per_head = keep * (
        np.stack([labour[home] * (1 - contribution), pensions]) / residents + shared / residents.sum(axis=0)
    )
    if contribution >= 1 or (per_head <= 0).any():
        raise InputError(
            [Problem("base year", "pensions leave a group of people without income.", "Lower the pension benefit.")]
        )
    share = trade * (1 + tariff) / spending[:, None, :]
    sector_first = lambda table: np.ascontiguousarray(table.transpose(2, 0, 1))  # noqa: E731
    basket = final / final.sum(axis=2, keepdims=True)
    services = final[1, home].sum(axis=0)
    fields = dict(
        share=sector_first(share),
        tariff=sector_first(tariff),
        rivalry=1 - (trade * share).sum(axis=0) / output,
        output=output,
        spending=spending,
        input_coef=input_coef,
        tax_rate=tax_rate,
        factor_share=factor_share,
        land_public=land_public,
        basket=basket,
        housing_share=housing / consumption,
        consumption=consumption,
        residual=residual,
        residual_rate=residual[home] / income[home],
        income_tax=tax,
        saving=saving,
        investment_weight=investment[home] / investment[home].sum(),
        local_tax=np.full(h, local_tax),
        grant=grant,
        grant_weight=government[home] / government[home].sum(),
        ownership=ownership,
        owned_abroad=owned_abroad,
        abroad_weight=abroad_weight,
        pension=pension,
        contribution=np.asarray(contribution),
        people=people,
        province=province,
        emission=emission,
        process=process,
        service_basket=services / services.sum(),
        government=government,
        centre=np.asarray(centre),
        spending_per_head=per_head,
    )
    return Base(**{name: jnp.asarray(value) for name, value in fields.items()})


#: Bounds on a region's property income over the capital income that arises in it.
OWNERSHIP = (2 / 3, 3 / 2)


def _within(wanted: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Shares in the pool of ``kept`` as near as bounds allow to what is ``wanted``, summing to one.

    Consumption alone would make places that live from transfers the owners of the nation; what bounds leave
    unexplained is the residual transfer.
    """
    low, high = OWNERSHIP[0] * kept, OWNERSHIP[1] * kept
    level = 0.0
    for _ in range(200):  # the shift that makes clipped amounts add up, by bisection on a monotone sum
        level += (kept.sum() - np.clip(wanted + level * kept, low, high).sum()) / kept.sum()
    owned = np.clip(wanted + level * kept, low, high)
    return owned / owned.sum()


def _check(output, spending, inputs, value_added, factor_share, final, people) -> None:
    """Refuse accounts that don't balance, all reasons at once."""
    problems = []

    def refuse(bad: np.ndarray, what: str, do: str) -> None:
        if bad.any():
            first = ", ".join(str(int(k)) for k in np.argwhere(bad)[0])
            problems.append(Problem(f"base year, cell [{first}] and {int(bad.sum()) - 1} more", what, do))

    gap = np.abs(final.sum(axis=0) + inputs - spending) / np.maximum(spending, spending.mean() * 1e-9)
    refuse(gap > 1e-9, "use does not exhaust what the region buys.", "Recompute margins from the trade matrix.")
    refuse(output <= 0, "output must be positive.", "Merge the sector or give it a small output.")
    refuse(value_added <= 0, "value added must be positive.", "Check input coefficients and the tax rate.")
    refuse(final < 0, "final demand is negative.", "Constrain the trade matrix or the inputs.")
    refuse(final.sum(axis=2) <= 0, "households, government and investors must all buy something.", "Fill the use.")
    refuse(people.sum(axis=1) <= 0, "a place without residents of a group.", "Merge the place with another.")
    refuse(people.sum(axis=2) <= 0, "an origin without people of a group.", "Merge the place with another.")
    refuse(np.abs(factor_share.sum(axis=0) - 1) > 1e-9, "factor shares must sum to one.", "Rescale them.")
    if problems:
        raise InputError(problems)
