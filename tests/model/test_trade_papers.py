"""Each paper's economy, solved from its own equations in levels, against the class with that paper's data.

The level equations are written here from the papers and solved by scipy's root finder; the class sees the flows,
incomes and people of the first solution as a base year, and must find the second one from the shock.
"""

import numpy as np
import pytest
from scipy.optimize import root

from citybelt.engine.solve import solve
from citybelt.model.trade import TRADE
from citybelt.model.trade_accounts import Closure, Shock
from citybelt.model.trade_calibrate import calibrate, theory


def found(equations, start):
    """The root in levels of equations in logs."""
    s = root(lambda x: np.asarray(equations(np.exp(x))), np.log(start), tol=1e-14, method="hybr")
    assert np.abs(s.fun).max() < 1e-11, s.message
    return np.exp(s.x)


def distances(n, seed):
    d = np.exp(0.4 * np.random.default_rng(seed).uniform(size=(n, n)))
    return d * (1 - np.eye(n)) + np.eye(n)


def prices(price_of, start):
    """The fixed point of prices when they are costs, too."""
    p = start
    for _ in range(3000):
        new = price_of(p)
        if np.abs(new / p - 1).max() < 1e-15:
            return new
        p = new
    raise AssertionError("prices did not settle")


# One sector, people move: Redding (2016), Allen and Arkolakis (2014)


def redding(T, d, H, B, *, theta, alpha, nu=None, increasing=False):
    """w, L, P, V of Redding (2016), section 2 (constant returns) or 3 (increasing returns), world income one.

    Constant returns: T is the scale of productivity. Increasing returns: sigma - 1 = theta, A^theta = T, and each unit
    of labour adds varieties. Rents of housing go back to the region's residents. People are free, or have tastes of
    elasticity nu.
    """
    n = len(T)

    def world(w, L):
        pull = T * (L if increasing else 1.0) * (d * w) ** -theta
        P = pull.sum(axis=1) ** (-1 / theta)
        return pull / pull.sum(axis=1, keepdims=True), P

    def value(w, L, P):
        v = w / alpha
        r = (1 - alpha) * v * L / H
        return v / (P**alpha * r ** (1 - alpha))

    def equations(x):
        w, L = x[:n], x[n:]
        pi, P = world(w, L)
        V = value(w, L, P)
        trade = np.log(pi.T @ (w * L) / (w * L))
        trade[0] = np.log((w * L).sum())
        if nu is None:
            return np.r_[trade, np.log(V[1:] / V[0]), np.log(L.sum())]
        wanted = B * V**nu
        return np.r_[trade, np.log(wanted / wanted.sum() / L)]

    x = found(equations, np.full(2 * n, 1 / n))
    w, L = x[:n], x[n:]
    pi, P = world(w, L)
    return w, L, P, value(w, L, P), pi


@pytest.mark.parametrize("increasing", [False, True], ids=["constant returns", "increasing returns"])
@pytest.mark.parametrize("nu", [None, 2.5], ids=["equal utility", "tastes"])
def test_redding_2016(nu, increasing):
    draw = np.random.default_rng(61)
    n, theta, alpha = 4, 4.0, 0.65
    T, H, B, d = draw.lognormal(0, 0.3, n), draw.lognormal(0, 0.3, n), draw.lognormal(0, 0.3, n), distances(n, 1)
    T1, H1, B1, d1 = T * draw.lognormal(0, 0.2, n), H * draw.lognormal(0, 0.2, n), B * draw.lognormal(0, 0.1, n), d**0.9
    settings = {"theta": theta, "alpha": alpha, "nu": nu, "increasing": increasing}
    w, L, P, V, pi = redding(T, d, H, B, **settings)
    w1, L1, P1, V1, _ = redding(T1, d1, H1, B1 if nu else B, **settings)

    b = calibrate(
        (pi * (w * L)[:, None])[None], np.ones((n, 1)), np.zeros((n, 1, 1)), housing_share=1 - alpha, people=L[None]
    )
    th = theory(b, theta, nu=nu or 1.0, agg=1 / theta if increasing else 0.0)
    z = Shock.zeros(b).replace(
        log_A=np.log(T1 / T)[:, None] / theta, log_d=np.log(d1 / d)[None], log_Hres=np.log(H1 / H),
        log_B=np.log(B1 / B)[:, None] / nu if nu else np.zeros((n, 1)),
    )  # fmt: skip
    s = solve(TRADE, b, th, z, Closure("choice" if nu else "free")).require()
    np.testing.assert_allclose(s.state.wage[:, 0], np.log(w1 / w), atol=1e-8)
    np.testing.assert_allclose(s.state.people[:, 0], np.log(L1 / L), atol=1e-8)
    np.testing.assert_allclose(s.state.price[:, 0], np.log(P1 / P), atol=1e-8)
    gain = np.log((B1 * V1**nu).sum() / (B * V**nu).sum()) / nu if nu else np.log(V1 / V)[0]
    assert float(s.accounts.log_welfare[0]) == pytest.approx(gain, abs=1e-8)
    np.testing.assert_allclose(b.transfer, 0, atol=1e-12)


def test_allen_arkolakis_2014():
    """Their single equation in people, for symmetric trade costs, solved as the eigenvector it is."""
    draw = np.random.default_rng(62)
    n, sigma, alpha, beta = 5, 5.0, 0.08, -0.3

    def levels(A, u, tau):
        st, one, two = (
            (sigma - 1) / (2 * sigma - 1),
            1 - alpha * (sigma - 1) - beta * sigma,
            1 + alpha * sigma + (sigma - 1) * beta,
        )
        K = tau ** (1 - sigma) * (A ** (st * sigma) * u ** (st * (sigma - 1)))
        K = K * (A ** (st * (sigma - 1)) * u ** (st * sigma))[:, None]
        f = np.ones(n)
        for _ in range(5000):  # f = L^(st one) up to scale: f = W^(1-sigma) K f^(two/one)
            f = K @ f ** (two / one)
            f = f / f.sum()
        L = f ** (1 / (st * one))
        L = L / L.sum()
        lam = (L ** (st * one))[0] / (K @ L ** (st * two))[0]
        W = lam ** (1 / (1 - sigma))
        # w from W P = w u L^beta and balanced trade: w^(1-2 sigma) L^(..) is proportional to known amounts.
        w = (L ** ((alpha - beta) * (sigma - 1) - 1) * A ** (sigma - 1) * u ** (1 - sigma)) ** (1 / (2 * sigma - 1))
        w = w / (w @ L)
        P = w * u * L**beta / W
        p = w[None, :] * tau / (A * L**alpha)
        return w, L, W, P, (p / P[:, None]) ** (1 - sigma)

    A, u, tau = draw.lognormal(0, 0.2, n), draw.lognormal(0, 0.2, n), distances(n, 3)
    tau = np.sqrt(tau * tau.T)
    A1, u1, tau1 = A * draw.lognormal(0, 0.2, n), u * draw.lognormal(0, 0.2, n), tau**0.7
    w, L, W, P, pi = levels(A, u, tau)
    np.testing.assert_allclose(pi.sum(axis=1), 1, atol=1e-10)
    np.testing.assert_allclose(pi.T @ (w * L), w * L, atol=1e-10)
    w1, L1, W1, P1, _ = levels(A1, u1, tau1)
    b = calibrate((pi * (w * L)[:, None])[None], np.ones((n, 1)), np.zeros((n, 1, 1)), people=L[None])
    th = theory(b, sigma - 1, agg=alpha, congestion=-beta)
    z = Shock.zeros(b).replace(
        log_A=np.log(A1 / A)[:, None], log_d=np.log(tau1 / tau)[None], log_B=np.log(u1 / u)[:, None]
    )
    s = solve(TRADE, b, th, z, Closure("free")).require()
    np.testing.assert_allclose(s.state.people[:, 0], np.log(L1 / L), atol=1e-8)
    np.testing.assert_allclose(s.state.wage[:, 0], np.log(w1 / w), atol=1e-8)
    np.testing.assert_allclose(s.state.price[:, 0], np.log(P1 / P), atol=1e-8)
    assert float(s.accounts.log_welfare[0]) == pytest.approx(np.log(W1 / W), abs=1e-8)


# Several sectors with input links


class Links:
    """Technology of N regions and J sectors: value added shares, input shares, trade."""

    def __init__(self, n, j, seed):
        rng = np.random.default_rng(seed)
        self.n, self.j = n, j
        self.gamma = rng.uniform(0.4, 0.7, (n, j))
        self.inputs = (1 - self.gamma)[:, :, None] * rng.dirichlet(np.ones(j), (n, j))
        self.theta = rng.uniform(3, 6, j)
        self.T = rng.lognormal(0, 0.3, (n, j))
        self.d = np.stack([distances(n, seed + k) for k in range(j)])
        self.alpha = rng.dirichlet(np.full(j, 3.0))

    def trade(self, bundle, power=None):
        """Costs, prices and shares from the price of value added; T on gross output or on value added."""
        power = np.ones((self.n, self.j)) if power is None else power

        def cost(P):
            c = bundle**self.gamma * np.exp(np.einsum("nkj,nj->nk", self.inputs, np.log(P)))
            return c / self.T**power

        def price(P):
            away = (cost(P).T[:, None, :] * self.d) ** -self.theta[:, None, None]
            return away.sum(axis=2).T ** (-1 / self.theta)

        P = prices(price, np.ones((self.n, self.j)))
        away = (cost(P).T[:, None, :] * self.d) ** -self.theta[:, None, None]
        return P, away / away.sum(axis=2, keepdims=True)

    def spending(self, pi, income, tariff=0.0):
        """X and sales [N, J] at given shares and final spending by region, by one linear solve."""
        n, j = self.n, self.j
        sold = np.zeros((n, j, n, j))  # receipts of (i, k) from spending of (n, k)
        for k in range(j):
            sold[:, k, :, k] = (pi[k] / (1 + np.broadcast_to(tariff, pi.shape)[k])).T
        uses = np.zeros((n, j, n, j))  # spending of (n, j) on account of receipts of (n, k)
        for i in range(n):
            uses[i, :, i, :] = self.inputs[i].T
        sold, uses = sold.reshape(n * j, n * j), uses.reshape(n * j, n * j)
        X = np.linalg.solve(np.eye(n * j) - uses @ sold, (income[:, None] * self.alpha).ravel())
        return X.reshape(n, j), (sold @ X).reshape(n, j)


def cprhs(links, H, beta, iota, people=1.0):
    """Caliendo, Parro, Rossi-Hansberg and Sarte (2018), section 3, in levels: value added world-wide one."""
    n = links.n

    def world(w, L):
        r = beta / (1 - beta) * w * L / H
        chi = (iota * r * H).sum() / L.sum()
        income = w + chi + (1 - iota) * r * H / L
        P, pi = links.trade((r**beta * w ** (1 - beta))[:, None], links.gamma)
        X, sales = links.spending(pi, income * L)
        return income, np.exp(np.log(P) @ links.alpha), pi, X, sales

    def equations(x):
        w, L = x[:n], x[n:]
        income, P, _, _, sales = world(w, L)
        labour = np.log((1 - beta) * (links.gamma * sales).sum(axis=1) / (w * L))
        labour[0] = np.log((w * L / (1 - beta)).sum())
        U = income / P
        return np.r_[labour, np.log(U[1:] / U[0]), np.log(L.sum() / people)]

    x = found(equations, np.full(2 * n, 1 / n))
    return x[:n], x[n:], *world(x[:n], x[n:])


def test_caliendo_parro_rossi_hansberg_sarte_2018():
    draw = np.random.default_rng(63)
    n, j = 3, 2
    one, two = Links(n, j, 21), Links(n, j, 21)
    two.T = one.T * draw.lognormal(0, 0.1, (n, j))
    two.d = one.d**0.9
    rng = np.random.default_rng(4)
    H, beta, iota = rng.lognormal(0, 0.3, n), rng.uniform(0.2, 0.4, n), rng.uniform(0.2, 0.8, n)
    H1 = H * rng.lognormal(0, 0.1, n)
    w, L, income, P, pi, X, _ = cprhs(one, H, beta, iota)
    w1, L1, income1, P1, _, _, _ = cprhs(two, H1, beta, iota)
    b = calibrate(
        pi * X.T[:, :, None], one.gamma, one.inputs, labour_share=(1 - beta)[:, None], people=L[None],
        rent_pool=np.stack([iota, np.zeros(n)]),
    )  # fmt: skip
    np.testing.assert_allclose(b.transfer, 0, atol=1e-10)
    z = Shock.zeros(b).replace(
        log_A=np.log(two.T / one.T), log_d=np.log(two.d / one.d), log_H=np.log(H1 / H)[:, None]
    )  # fmt: skip
    s = solve(TRADE, b, theory(b, one.theta), z, Closure("free")).require()
    np.testing.assert_allclose(s.state.people[:, 0], np.log(L1 / L), atol=1e-8)
    np.testing.assert_allclose(s.state.wage[:, 0], np.log(w1 / w), atol=1e-8)
    assert float(s.accounts.log_welfare[0]) == pytest.approx(np.log(income1 / P1 / income * P)[0], abs=1e-8)


def cdp(links, L, H, xi, iota):
    """The static part of Caliendo, Dvorkin and Parro (2019), equations 9 to 13, in levels: value added one."""
    n, j = links.n, links.j

    def world(w):
        wages = w * L
        rents = xi / (1 - xi) * wages
        r = rents / H
        P, pi = links.trade(r**xi * w ** (1 - xi), links.gamma)
        X, sales = links.spending(pi, wages.sum(axis=1) + iota * rents.sum())
        return P, pi, X, (1 - xi) * links.gamma * sales

    def equations(x):
        w = x.reshape(n, j)
        demand = world(w)[3]
        gap = np.log(demand / (w * L))
        gap[0, 0] = np.log((w * L / (1 - xi)).sum())
        return gap.ravel()

    w = found(equations, np.ones(n * j) / (n * j)).reshape(n, j)
    return w, *world(w)


def test_caliendo_dvorkin_parro_2019():
    draw = np.random.default_rng(64)
    n, j = 3, 2
    one, two = Links(n, j, 31), Links(n, j, 31)
    two.T, two.d = one.T * draw.lognormal(0, 0.1, (n, j)), one.d**0.95
    rng = np.random.default_rng(5)
    L, H, xi = rng.lognormal(0, 0.3, (n, j)), rng.lognormal(0, 0.3, (n, j)), rng.uniform(0.2, 0.5, n)[:, None]
    iota = rng.dirichlet(np.ones(n))
    L1 = L * rng.lognormal(0, 0.2, (n, j))
    w, P, pi, X, _ = cdp(one, L, H, xi, iota)
    w1, P1, _, _, _ = cdp(two, L1, H, xi, iota)
    c = Closure("fixed", pool_by_weight=1.0, rentiers=1.0)
    people = np.eye(n * j) * L.ravel()  # an origin for each market, so that persons can be set anywhere
    b = calibrate(
        pi * X.T[:, :, None], one.gamma, one.inputs, labour_share=1 - xi, market=range(j), rent_pool=[1.0, 0.0],
        pool_weight=iota, people=people, closure=c,
    )  # fmt: skip
    np.testing.assert_allclose(b.transfer, 0, atol=1e-10)
    z = Shock.zeros(b).replace(
        log_A=np.log(two.T / one.T), log_d=np.log(two.d / one.d), log_people=np.log(L1 / L).ravel()
    )  # fmt: skip
    s = solve(TRADE, b, theory(b, one.theta), z, c).require()
    np.testing.assert_allclose(s.state.wage, np.log(w1 / w), atol=1e-8)
    real = np.log(w1 / w) - (np.log(P1 / P) @ one.alpha)[:, None]
    np.testing.assert_allclose(s.accounts.log_value, real, atol=1e-8)  # workers live from wages alone


def tombe_zhu(links, S, stock, mu, nu, alpha, labour, land):
    """Tombe and Zhu (2019), section 3, in levels: two sectors, choice of region and sector, land rents to stayers.

    Land of a region and sector serves its producers and its people's housing; its rents go to those registered there
    who stay. ``stock`` are persons by registration, ``alpha`` the share of goods in spending, ``labour`` and ``land``
    shares in output.
    """
    n, j = links.n, links.j
    m = n * j

    def world(w, L, stay):
        # Land receives (1 - alpha) of spending v L and land/labour of wages: v L = w L + rents.
        vL = (w * L * (1 + land / labour)) / alpha
        rents = (1 - alpha) * vL + land / labour * w * L
        r = rents / S
        bundle = (w**labour * r**land) ** (1 / links.gamma)
        P, pi = links.trade(bundle)
        X, sales = links.spending(pi, (alpha * vL).sum(axis=1))
        cpi = np.exp(alpha * (np.log(P) @ links.alpha))[:, None] * r ** (1 - alpha)
        worth = (w / cpi).ravel()
        pull = np.broadcast_to(worth, (m, m)) / mu
        at = np.arange(m)
        pull = pull.copy()
        pull[at, at] = ((w + rents / stay) / cpi).ravel()
        share = pull**nu / (pull**nu).sum(axis=1, keepdims=True)
        return pi, X, labour * sales, share, (pull**nu).sum(axis=1)

    def equations(x):
        w, L, stay = (part.reshape(n, j) for part in np.split(x, 3))
        _, _, demand, share, _ = world(w, L, stay)
        moved = stock @ share
        gap = np.log(demand / (w * L)).ravel()
        gap[0] = np.log((w * L * (1 + land / labour)).sum())
        return np.r_[gap, np.log(moved / L.ravel()), np.log(stock * np.diag(share) / stay.ravel())]

    x = found(equations, np.r_[np.full(m, 1 / stock.sum()), stock, 0.5 * stock])
    w, L, stay = (part.reshape(n, j) for part in np.split(x, 3))
    return w, L, *world(w, L, stay)


def test_tombe_zhu_2019():
    draw = np.random.default_rng(65)
    n, j = 3, 2
    one, two = Links(n, j, 41), Links(n, j, 41)
    two.T, two.d = one.T * draw.lognormal(0, 0.1, (n, j)), one.d**0.95
    rng = np.random.default_rng(6)
    m, nu, alpha = n * j, 1.5, 0.87
    S, stock = rng.lognormal(0, 0.3, (n, j)), rng.lognormal(0, 0.3, m)
    labour = one.gamma * rng.uniform(0.7, 0.9, (n, j))
    land = one.gamma - labour
    mu = rng.uniform(1.5, 4, (m, m)) * (1 - np.eye(m)) + np.eye(m)
    mu1 = mu ** (0.8 + 0.2 * np.eye(m))
    args = S, stock
    w, L, pi, X, _, share, worth = tombe_zhu(one, *args, mu, nu, alpha, labour, land)
    w1, L1, _, _, _, share1, worth1 = tombe_zhu(two, *args, mu1, nu, alpha, labour, land)
    b = calibrate(
        pi * X.T[:, :, None], one.gamma, one.inputs, labour_share=labour / one.gamma, market=range(j),
        housing_share=1 - alpha, people=stock[:, None] * share, home=range(m), one_land=True, rent_stay=[1.0, 1.0],
    )  # fmt: skip
    np.testing.assert_allclose(b.transfer, 0, atol=1e-10)
    z = Shock.zeros(b).replace(log_T=np.log(two.T / one.T), log_d=np.log(two.d / one.d), log_mu=np.log(mu1 / mu))
    s = solve(TRADE, b, theory(b, one.theta, nu=nu), z, Closure("choice")).require()
    np.testing.assert_allclose(s.state.wage, np.log(w1 / w), atol=1e-8)
    np.testing.assert_allclose(s.state.people, np.log(L1 / L), atol=1e-8)
    np.testing.assert_allclose(s.state.stay, np.log(np.diag(share1) / np.diag(share)), atol=1e-8)
    np.testing.assert_allclose(s.accounts.log_welfare, np.log(worth1 / worth) / nu, atol=1e-8)


def test_caliendo_parro_2015():
    """Their equations 2 to 7 in changes, wages found by the root finder from trade balance."""
    n, j = 4, 3
    links = Links(n, j, 51)
    rng = np.random.default_rng(7)
    tau = rng.uniform(0, 0.3, (j, n, n)) * (1 - np.eye(n))
    tau1 = tau * rng.uniform(0, 1, (j, n, n))
    D = rng.normal(0, 0.02, n)
    D = D - D.mean()
    wL = rng.dirichlet(np.full(n, 10.0))
    away = rng.lognormal(0, 0.5, (j, n, n)) + 4 * np.eye(n)
    pi = away / away.sum(axis=2, keepdims=True)

    def revenue(pi, tau, income, R):
        """Tariff revenue, a fixed point, and spending and sales with it."""
        for _ in range(100):
            X, sales = links.spending(pi, income + R + D, tau)
            R, before = np.einsum("jni,nj->n", tau / (1 + tau) * pi, X), R
            if np.abs(R - before).max() < 1e-15:
                break
        return R, X, sales

    # Value added that this world's own sales imply, so that the base year is an equilibrium.
    R = np.zeros(n)
    for _ in range(300):
        R, X, sales = revenue(pi, tau, wL, R)
        wL = (links.gamma * sales).sum(axis=1)
        wL = wL / wL.sum()
    np.testing.assert_allclose((links.gamma * sales).sum(axis=1), wL, atol=1e-10)
    assert np.abs(D).max() > 0.005 < R.max()
    kappa = (1 + tau1) / (1 + tau)

    def world(w):
        def price(P):
            c = w[:, None] ** links.gamma * np.exp(np.einsum("nkj,nj->nk", links.inputs, np.log(P)))
            return (pi * (c.T[:, None, :] * kappa) ** -links.theta[:, None, None]).sum(axis=2).T ** (-1 / links.theta)

        P = prices(price, np.ones((n, j)))
        c = w[:, None] ** links.gamma * np.exp(np.einsum("nkj,nj->nk", links.inputs, np.log(P)))
        new = pi * (c.T[:, None, :] * kappa / P.T[:, :, None]) ** -links.theta[:, None, None]
        R, X, _ = revenue(new, tau1, w * wL, np.zeros(n))
        return P, new, R, X

    def equations(w):
        _, new, _, X = world(w)
        flows = new * X.T[:, :, None] / (1 + tau1)
        balance = np.log(flows.sum(axis=(0, 2)) / (flows.sum(axis=(0, 1)) + D))  # imports = exports + deficit
        balance[0] = np.log(w @ wL)
        return balance

    w = found(equations, np.ones(n))
    P, _, R1, _ = world(w)
    b = calibrate(pi * X.T[:, :, None], links.gamma, links.inputs, tariff=tau)
    np.testing.assert_allclose(b.transfer, D, atol=1e-9)
    z = Shock.zeros(b).replace(d_tariff=(tau1 - tau))
    s = solve(TRADE, b, theory(b, links.theta), z, Closure()).require()
    np.testing.assert_allclose(s.state.wage[:, 0], np.log(w), atol=1e-8)
    np.testing.assert_allclose(s.state.price, np.log(P), atol=1e-8)
    real = np.log((w * wL + R1 + D) / (wL + R + D)) - np.log(P) @ links.alpha
    np.testing.assert_allclose(s.accounts.log_real_income, real, atol=1e-8)
