r"""What is known about an equilibrium: is it isolated, is it the only one found, is anything proven.

Printed are

- Walras' residual: the market left out, by how much its sellers' books stay open;
- every equilibrium found (``equilibria``), with its places, whether the adjustment comes back to it, and the sign of
  ``det J``. Where the adjustment points inwards when a price or a place vanishes, the signs of all equilibria add up
  to one (index theorem). One equilibrium with a negative sign then means at least three, of which some may have empty
  places if empty places stay empty; a positive sign proves nothing. A sum other than one says that some are missing.
  Fixed amounts that a place owes can turn the adjustment outwards, since people leave who pay them: then there may be
  two equilibria with signs that add up to zero. So signs are told with their condition, and decide nothing;
- the smallest singular value of the reduced Jacobian: how far the equilibrium is from vanishing;
- whether uniqueness is proven (``uniqueness``): only for one-sector economies whose elasticities meet the condition of
  Allen, Arkolakis and Li (2024). "not proven" is the honest word for all others; "refuted" where several were found.

Sources: Kehoe (1980) for the index; Allen, Arkolakis and Li (2024).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from citybelt.engine.equilibria import Equilibrium, Search, index, local, search
from citybelt.engine.solve import Solution
from citybelt.engine.uniqueness import Uniqueness, uniqueness

#: Random starts that a certificate tries.
STARTS = 6
#: The condition of the index theorem, which is not tested.
UNLESS = (
    "unless the adjustment points outwards at the edge, as it may where a place owes fixed amounts",
    "除非调整在边界处指向外部，例如某地负有固定数额的债务",
)


@dataclass(frozen=True)
class Certificate:
    """What is known about an equilibrium; None where it was not computed, with the reason in ``words``.

    Attributes:
        residual: largest relative residual of any market; walras: of the one left out; ledger: of any account.
        determinant_sign, smallest_singular_value, stable: of this equilibrium.
        starts: tried; starts_solved: that came to an equilibrium; starts_retried: of them only at the
            second attempt.
        distinct: equilibria found; index_sum: of their signs.
        spectral_radius: of the elasticities, where the theorem is derived.
        uniqueness: "proven", "not proven" or "refuted".
        equilibria: all that were found, this one first.
    """

    residual: float
    walras: float
    ledger: float | None
    determinant_sign: int | None
    smallest_singular_value: float | None
    stable: bool | None
    starts: int
    starts_solved: int
    starts_retried: int
    distinct: int
    index_sum: int | None
    spectral_radius: float | None
    uniqueness: str
    words_en: str
    words_zh: str
    equilibria: tuple[Equilibrium, ...] = ()

    def to_json(self) -> dict:
        """Plain numbers and words."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "equilibria"}
        return plain | {"equilibria": [e.to_json() for e in self.equilibria]}


def reduced(s: Solution) -> tuple[int, float]:
    """Sign of det J, and the smallest singular value of the reduced Jacobian of wages, returns and places.

    Raises:
        MemoryError: more unknowns than a dense Jacobian can hold.
    """
    near = local(s)
    return near.sign, near.smallest


def certify(s: Solution, starts: int = STARTS) -> Certificate:
    """The certificate of a solved equilibrium of any class.

    Args:
        s: the solution.
        starts: random far starts from which others are looked for.

    Raises:
        NotSolvedError: there is nothing to certify.
    """
    looked = search(s, starts)
    here, theorem = looked.found[0].local, uniqueness(s)
    verdict = "refuted" if len(looked.found) > 1 else "proven" if theorem.proven else "not proven"
    total = index(looked.found)
    words = _words(looked, verdict, theorem, total)
    return Certificate(
        residual=s.residual,
        walras=float(s.model.walras(s.base, s.accounts)),
        ledger=s.model.books(s) if s.model.books else None,
        determinant_sign=here.sign if here else None,
        smallest_singular_value=here.smallest if here else None,
        stable=looked.found[0].stable,
        starts=looked.starts,
        starts_solved=looked.solved,
        starts_retried=looked.retried,
        distinct=len(looked.found),
        index_sum=total,
        spectral_radius=theorem.radius,
        uniqueness=verdict,
        words_en=words[0],
        words_zh=words[1],
        equilibria=looked.found,
    )


def _words(looked: Search, verdict: str, theorem: Uniqueness, total: int | None) -> tuple[str, str]:
    """The certificate in English and Chinese."""
    here, count = looked.found[0], len(looked.found)
    headline = {
        "refuted": ("Several equilibria exist; this is the one reached from the base year.",
                    "存在多个均衡；此处为由基年到达的均衡。"),
        "not proven": (f"Uniqueness is not proven: {theorem.en}.", f"唯一性未获证明：{theorem.zh}。"),
        "proven": (f"Unique (proven) among equilibria without empty places: {theorem.en}.",
                   f"在没有空置地区的均衡中唯一（已证明）：{theorem.zh}。"),
    }[verdict]  # fmt: skip
    sign = {
        1: ("positive, which proves nothing", "为正（不能证明唯一）"),
        -1: (f"negative, so at least three equilibria exist, some perhaps with empty places, {UNLESS[0]}",
             f"为负（至少存在三个均衡，其中可能有空置地区；{UNLESS[1]}）"),
        0: ("zero: equilibria meet here", "为零（均衡在此相会）"),
        None: ("not computed, too many unknowns", "未计算（未知数过多）"),
    }[here.local.sign if here.local else None]  # fmt: skip
    if verdict == "proven" and here.local:
        sign = ("positive", "为正")
    en = [
        f"{looked.solved} of {looked.starts} far starts converged ({looked.retried} of them at the second attempt), to "
        f"{count} distinct equilibrium(s)",
        f"the determinant's sign is {sign[0]}",
    ]
    zh = [
        f"{looked.starts}个远离基年的起点中有{looked.solved}个收敛（其中{looked.retried}个在第二次尝试时），"
        f"共得{count}个不同均衡",
        f"行列式符号{sign[1]}",
    ]  # fmt: skip
    if here.local:
        back = ("comes back to it", "会回到此均衡") if here.stable else ("runs away from it", "会离开此均衡")
        en += [f"the smallest singular value of the reduced Jacobian is {here.local.smallest:.2g}",
               f"the adjustment of wages and people {back[0]}"]  # fmt: skip
        zh += [f"约化雅可比矩阵最小奇异值为{here.local.smallest:.2g}", f"工资与人口的调整{back[1]}"]
    else:
        en, zh = [*en, "no singular value was computed"], [*zh, "未计算奇异值"]
    if verdict == "refuted" and total is not None:
        en.append(
            f"the signs of those found add up to {total}"
            + (", as those of all do " if total == 1 else ", so some are missing ")
            + UNLESS[0]
        )
        zh.append(
            f"已找到均衡的符号之和为{total}"
            + ("，与全部均衡应有之和相同" if total == 1 else "，故尚有未找到的均衡")
            + f"（{UNLESS[1]}）"
        )
    return f"{headline[0]} {'; '.join(en)}.", f"{headline[1]}{'；'.join(zh)}。"
