r"""The commuting equilibrium once more, by plain damped loops in numpy: a second route for tests, never for use.

Written from the equations of Monte, Redding and Rossi-Hansberg (2018) in changes, with the change of the commuting
probabilities ``lam`` as an unknown of its own, wages scaled to keep their mean over places:

    v'[n]   =  sum_i lam[n,i] k[n,i]^-eps w'[i]^eps w[i] w'[i] / sum_i lam[n,i] k[n,i]^-eps w'[i]^eps
    z[n,i]  =  L'[i]^(1+(sigma-1)nu) (d[n,i] w'[i]/A[i])^(1-sigma),     pi'[n,i] = z[n,i] / sum_k pi[n,k] z[n,k]
    P[n]    =  (L'[n]^(1+(sigma-1)nu) / pi'[n,n])^(1/(1-sigma)) d[n,n] w'[n]/A[n],    q = (v' R' / H)^(1/(1+delta))
    w' L'   =  sum_n pi' (income' + D),     lam' = B (P^alpha q^(1-alpha))^-eps (w'/k)^eps, summing to one

Where parts of the system hardly trade, such loops come to rest before the wages of the parts are settled: every
single place then sells what it pays up to the little trade between the parts. ``parts`` names them, and each
round moves the wages of a part until it sells to the others what it buys from them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from citybelt.errors import NotSolvedError


class Found(NamedTuple):
    """Changes by place; wages, rents and prices in units of the mean wage."""

    wage: np.ndarray
    price: np.ndarray
    rent: np.ndarray
    residents: np.ndarray
    workers: np.ndarray
    income: np.ndarray  # v, per resident
    welfare: np.ndarray  # by residence and workplace of the base year; nan where nobody commutes
    error: float  # last change of any unknown


def loops(
    commuters: np.ndarray,
    wage: np.ndarray,
    share: np.ndarray,
    *,
    eps: float,
    sigma: float,
    nu: float,
    alpha: float,
    delta: float,
    A: np.ndarray | float = 1.0,
    B: np.ndarray | float = 1.0,
    H: np.ndarray | float = 1.0,
    d: np.ndarray | float = 1.0,
    k: np.ndarray | float = 1.0,
    transfer: np.ndarray | float = 0.0,
    still: bool = False,
    parts: np.ndarray | None = None,
    damping: float = 0.25,
    tolerance: float = 1e-12,
    rounds: int = 20_000,
) -> Found:
    """The equilibrium of changes A, B, H [N], d and k [N, N], all as factors.

    Args:
        commuters, wage, share, transfer: the base year, as for the model.
        still: whether people keep their residence.
        parts: [N] a number for the part that a place belongs to.
        damping: how much of each round's change is taken.

    Raises:
        NotSolvedError: the last change was not below the tolerance.
    """
    n = len(wage)
    d, k = np.broadcast_to(d, (n, n)), np.broadcast_to(k, (n, n))
    A, B, H = (np.broadcast_to(x, n) for x in (A, B, H))
    lam = commuters / commuters.sum()
    L, R = lam.sum(axis=0), lam.sum(axis=1)
    v = lam @ wage / R
    given = np.broadcast_to(transfer, n) / commuters.sum()  # transfers keep their share in all wages paid
    given = given / (wage @ L)
    w_hat, lam_hat, error = np.ones(n), np.ones((n, n)), np.inf
    for _ in range(rounds):
        drawn = lam * k**-eps * w_hat**eps
        v_hat = (drawn @ (w_hat * wage)) / drawn.sum(axis=1) / v
        L_hat, R_hat = (lam * lam_hat).sum(axis=0) / L, (lam * lam_hat).sum(axis=1) / R
        q_hat = (v_hat * R_hat / H) ** (1 / (1 + delta))
        z = L_hat ** (1 + (sigma - 1) * nu) * (d * w_hat / A) ** (1 - sigma)
        pi_hat = z / (share * z).sum(axis=1)[:, None]
        P_hat = (L_hat ** (1 + (sigma - 1) * nu) / np.diagonal(pi_hat)) ** (1 / (1 - sigma))
        P_hat = P_hat * np.diagonal(d) * w_hat / A
        income = v_hat * v * R_hat * R
        flows = share * pi_hat * (income + given * (w_hat * wage * L_hat * L).sum())[:, None]
        w_new = flows.sum(axis=0) / (wage * L * L_hat)
        if parts is not None:
            for part in np.unique(parts):
                inside = parts == part
                sold, bought = flows[np.ix_(~inside, inside)].sum(), flows[np.ix_(inside, ~inside)].sum()
                w_new[inside] *= (sold / bought) ** 0.1
        w_new *= wage.mean() / (w_new * wage).mean()
        liked = (B * (P_hat**alpha * q_hat ** (1 - alpha)) ** -eps)[:, None] * (w_hat / k) ** eps
        lam_new = liked * (R / (lam * liked).sum(axis=1))[:, None] if still else liked / (lam * liked).sum()
        error = max(np.abs(w_new / w_hat - 1).max(), np.abs(lam * (lam_new - lam_hat)).max() / lam.max())
        w_hat = w_hat + damping * (w_new - w_hat)
        lam_hat = lam_hat + damping * (lam_new - lam_hat)
        if error < tolerance:
            living = P_hat**alpha * q_hat ** (1 - alpha)
            with np.errstate(divide="ignore"):
                welfare = (B ** (1 / eps) / living)[:, None] * w_hat / k * lam_hat ** (-1 / eps)
            welfare = np.where(lam > 0, welfare, np.nan)
            return Found(w_hat, P_hat, q_hat, R_hat, L_hat, v_hat, welfare, error)
    raise NotSolvedError(f"The loops did not come to rest: last change {error:.1e}.")


def invert(kernel: np.ndarray, bought: np.ndarray, sold: np.ndarray, rounds: int = 100_000) -> np.ndarray:
    """Attraction of sellers such that they sell ``sold``, by proportional fitting; geometric mean one.

    Raises:
        NotSolvedError: no rest within the rounds.
    """
    s, sold = np.ones(len(sold)), sold * bought.sum() / sold.sum()
    for _ in range(rounds):
        made = s * (kernel.T @ (bought / (kernel @ s)))
        s = s * sold / made
        if np.abs(sold / made - 1).max() < 1e-13:
            return s / np.exp(np.log(s).mean())
    raise NotSolvedError("Proportional fitting did not come to rest.")
