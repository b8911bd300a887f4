"""A large company by chance from a seed: what `python -m benchmarks.continuity` asks its questions of.

Each deployment has an account, of one provider and company, a model of one family, a region of one jurisdiction, a contract
and an upstream: with itself about 620 factors for 500 deployments. Providers are not equally popular, and neither are
deployments: processes flock to few, as they do.
"""

from __future__ import annotations

import random
from itertools import accumulate
from typing import NamedTuple

from modelrouter.continuity.structure import Structure

PROVIDERS = 12
ACCOUNTS = 36
MODELS = 24
FAMILIES = 8
REGIONS = 20
JURISDICTIONS = 6
UPSTREAMS = 8
CONTRACTS = 8
WEIGHTS = (8.0, 4.0, 2.0, 1.0)


class Company(NamedTuple):
    routes: dict[str, list[frozenset[str]]]
    weights: dict[str, float]
    deployments: dict[str, frozenset[str]]

    def structure(self) -> Structure:
        return Structure.of(self.routes, self.weights)


def deployment(chance: random.Random, number: int) -> frozenset[str]:
    account = min(int(chance.expovariate(1 / 9)), ACCOUNTS - 1)
    model = chance.randrange(MODELS)
    region = chance.randrange(REGIONS)
    return frozenset(
        {
            f"deployment:d{number:03}",
            f"account:a{account:02}",
            f"provider:p{account % PROVIDERS:02}",
            f"model:m{model:02}",
            f"family:f{model % FAMILIES}",
            f"region:r{region:02}",
            f"jurisdiction:j{region % JURISDICTIONS}",
            f"upstream:u{account % PROVIDERS % UPSTREAMS}",
            f"contract:c{account % CONTRACTS}",
        }
    )


def company(seed: int = 1, processes: int = 10_000, deployments: int = 500, most: int = 5) -> Company:
    """Processes with one to `most` routes each; the same for the same arguments."""
    chance = random.Random(seed)
    supply = {f"d{number:03}": deployment(chance, number) for number in range(deployments)}
    names = list(supply)
    popular = list(accumulate(1 / (place + 10) for place in range(deployments)))
    routes = {}
    for number in range(processes):
        wanted = chance.choice(range(1, most + 1))
        chosen = dict.fromkeys(chance.choices(names, cum_weights=popular, k=wanted))
        routes[f"process-{number:05}"] = [supply[name] for name in chosen]
    weights = {name: chance.choice(WEIGHTS) for name in routes}
    return Company(routes, weights, supply)
