"""Random trade problems with every dimension different."""

import numpy as np

from citybelt.estimate.trade import Known


def random_known(seed: int, regions=9, provinces=4, partners=3, sectors=7, duty=0.1) -> Known:
    """Margins that a random world has, with an empty sector in one region and a sector without trade."""
    rng = np.random.default_rng(seed)
    n = regions + partners
    goods = np.arange(sectors) < sectors // 2 + 1
    follows = np.arange(sectors) == sectors - 1
    province = np.concatenate([np.arange(provinces), rng.integers(0, provinces, regions - provinces)])
    output = rng.lognormal(0, 1, (n, sectors))
    output[regions:] *= rng.uniform(3, 30, partners)[:, None]
    output[2, 1] = 0
    exports = output[:regions].sum(0) * rng.uniform(0.02, 0.2, sectors)
    imports = output[:regions].sum(0) * rng.uniform(0.02, 0.2, sectors)
    exports[-2] = imports[-2] = 0
    tariff = np.zeros((n, n, sectors))
    tariff[:regions, regions:] = duty * rng.uniform(0, 2, (partners, sectors))
    use = rng.lognormal(0, 1, (n, sectors))
    use[:regions] *= (output[:regions].sum(0) - exports + imports) / use[:regions].sum(0)
    place = rng.uniform(0, 2000, (n, 2))
    distance = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
    np.fill_diagonal(distance, rng.uniform(10, 100, n))
    customs = np.where(goods, rng.lognormal(0, 1, (2, provinces, sectors)), np.nan)
    size = np.bincount(province, output[:regions][:, goods].sum(1)) * rng.lognormal(0, 0.4, provinces)
    partner_share = np.full(partners, np.nan)
    partner_share[0] = 0.15
    return Known(
        output=output, use=use, tariff=tariff, exports=exports, imports=imports, goods=goods, follows_goods=follows,
        province=province, customs_exports=customs[0], customs_imports=customs[1], province_share=size / size.sum(),
        partner_share=partner_share, distance=distance, gateway=rng.uniform(0, 400, regions),
    )  # fmt: skip
