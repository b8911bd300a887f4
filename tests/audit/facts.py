"""Random facts and laws: what a deployment may be known to be, and what may be demanded of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from modelrouter.core.context import Context
from modelrouter.core.contracts import Contract, Termination
from modelrouter.core.inventory import AccessKey, Data, Deployment, Inventory, Model, Process, Provider
from modelrouter.core.rules import Policy, Rule
from modelrouter.inventory.regions import contents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from random import Random

T = TypeVar("T")

COUNTRIES = ("DE", "FR", "US", "CN", "SG")
PLACES = (*COUNTRIES, "EU", "DACH", "G7", "EFTA", "GLOBAL", "HOME", "FAR")
"""Groups within one another, apart, and overlapping: the EU, DACH, G7 and HOME; DACH and EFTA; FAR and G7."""
REGIONS = contents({"HOME": {"DACH", "FR"}, "FAR": {"SG", "CN", "FIVE_EYES"}})
CLASSES = ("internal", "personal", "Secret", "public")
SEGMENTS = ("retail", "US-federal", "minors-online")
PERSONS = ("employee", "minor", "Patient")
LICENCES = ("Apache-2.0", "MIT", "research-only")
CLASSIFIED = ("EAR99", "4E091")
CERTIFIED = ("ISO27001", "SOC2", "C5", "HDS")
PERMITS = ("NLR", "BIS-7", "ACE")
DAY_S = 86400.0
LENGTHS = (0.0, DAY_S, 30 * DAY_S, 365 * DAY_S)
WORDS: Mapping[str, Sequence[str]] = {
    "processing": PLACES,
    "storage": PLACES,
    "egress": PLACES,
    "headquarters": PLACES,
    "origin": PLACES,
    "owner": PLACES,
    "region": ("east", "West", "north"),
    "provider": ("p0", "p1", "P2"),
    "company": ("p0", "p1", "Holding"),
    "developer": ("somebody", "Else"),
    "family": ("f0", "F1", "f2"),
    "weights": ("open", "closed"),
    "licence": LICENCES,
    "export_class": CLASSIFIED,
}
"""Facts that compare as words, and words that rules ask for."""


def cased(rng: Random, word: str) -> str:
    """A word as somebody else might write it."""
    return rng.choice((word, word, word, word.upper(), word.lower()))


def perhaps(rng: Random, share: float, value: Callable[[], T]) -> T | None:
    """Known to so large a share."""
    return value() if rng.random() < share else None


def some(rng: Random, words: Sequence[str], most: int = 2) -> tuple[str, ...]:
    """One or a few of these."""
    return tuple(rng.sample(words, rng.randint(1, min(most, len(words)))))


def lawful(rng: Random, plain: Inventory, today: date) -> Inventory:
    """The same inventory with random facts, contracts, policies and keys; days lie around this one."""
    contracts = {f"c{number}": _contract(rng, f"c{number}", today) for number in range(rng.randint(0, 3))}
    known = rng.choice((0.5, 0.8, 0.95, 1.0))
    providers = {name: _provider(rng, each, tuple(contracts), known) for name, each in plain.providers.items()}
    models = {name: _model(rng, each, known) for name, each in plain.models.items()}
    deployments = {name: _deployment(rng, each, providers, models, known) for name, each in plain.deployments.items()}
    processes = {name: _process(rng, each, deployments) for name, each in plain.processes.items()}
    return replace(
        plain,
        providers=providers,
        models=models,
        deployments=deployments,
        processes=processes,
        contracts=contracts,
        policies=tuple(
            _policy(rng, f"law{number}", processes, today) for number in range(rng.choice((1, 1, 2, 2, 3, 5)))
        ),
        access=_access(rng, processes, today),
        regions=REGIONS,
        aliases={"known-name": next(iter(processes))},
    )


def _provider(rng: Random, plain: Provider, contracts: tuple[str, ...], known: float) -> Provider:
    return replace(
        plain,
        company=rng.choice((plain.id, "Holding")),
        headquarters=rng.choice(COUNTRIES),
        local=rng.random() < 0.2,
        owner=perhaps(rng, known, lambda: rng.choice(COUNTRIES)),
        training=perhaps(rng, known, lambda: rng.random() < 0.3),
        certifications=perhaps(rng, known, lambda: some(rng, CERTIFIED, 3)) or (),
        export_licences=perhaps(rng, known, lambda: some(rng, PERMITS)) or (),
        contract=rng.choice((None, None, *contracts)),
    )


def _model(rng: Random, plain: Model, known: float) -> Model:
    return replace(
        plain,
        developer=rng.choice(("somebody", "else")),
        origin=perhaps(rng, known, lambda: rng.choice(COUNTRIES)),
        weights=rng.choice(("open", "closed")),
        licence=perhaps(rng, known, lambda: rng.choice(LICENCES)),
        export_class=perhaps(rng, known, lambda: rng.choice(CLASSIFIED)),
    )


def _deployment(
    rng: Random, plain: Deployment, providers: Mapping[str, Provider], models: Mapping[str, Model], known: float
) -> Deployment:
    return replace(
        plain,
        provider=providers[plain.provider.id],
        model=models[plain.model.id],
        processing=perhaps(rng, known, lambda: some(rng, PLACES)) or (),
        storage=perhaps(rng, known / 2, lambda: some(rng, PLACES)) or (),
        training=perhaps(rng, known / 3, lambda: rng.random() < 0.3),
        certifications=perhaps(rng, known / 3, lambda: some(rng, CERTIFIED, 4)) or (),
        export_licences=perhaps(rng, known / 3, lambda: some(rng, PERMITS)) or (),
        export_class=perhaps(rng, known / 3, lambda: rng.choice(CLASSIFIED)),
        retention_s=perhaps(rng, known, lambda: rng.choice(LENGTHS)),
        region=perhaps(rng, known, lambda: rng.choice(("east", "west"))),
        egress=perhaps(rng, known, lambda: rng.choice(PLACES)),
    )


def _process(rng: Random, plain: Process, deployments: Mapping[str, Deployment]) -> Process:
    return replace(
        plain,
        owner=rng.choice(("claims", "Sales")),
        routes=tuple(deployments[each.id] for each in plain.routes),
        data=Data(
            cls=rng.choice(CLASSES),
            processing=some(rng, PLACES) if rng.random() < 0.1 else (),
            retention_s=rng.choice(LENGTHS) if rng.random() < 0.1 else None,
        ),
        segments=some(rng, SEGMENTS) if rng.random() < 0.4 else (),
        on_cut=rng.choice(("error", "restart", "continue", "continue")),
    )


def _contract(rng: Random, name: str, today: date) -> Contract:
    return Contract(
        id=name,
        begins=perhaps(rng, 0.5, lambda: _near(rng, today, -8)),
        ends=perhaps(rng, 0.5, lambda: _near(rng, today, 7)),
        renews_s=perhaps(rng, 0.3, lambda: rng.choice((0.0, 365 * DAY_S))),
        termination=perhaps(rng, 0.2, Termination),
        log_export=perhaps(rng, 0.7, lambda: rng.random() < 0.7),
        audit_rights=perhaps(rng, 0.7, lambda: rng.random() < 0.7),
        storage=some(rng, PLACES) if rng.random() < 0.5 else (),
    )


def _near(rng: Random, today: date, shift: int) -> date:
    """A day close to this one, that one itself among them."""
    return today + timedelta(days=shift + rng.randint(-4, 4))


def _policy(rng: Random, name: str, processes: Mapping[str, Process], today: date) -> Policy:
    return Policy(
        id=name,
        when=_when(rng, processes),
        rules=tuple(rule(rng) for _ in range(rng.choice((1, 1, 2)))),
        begins=perhaps(rng, 0.25, lambda: _near(rng, today, -1)),
        ends=perhaps(rng, 0.25, lambda: _near(rng, today, 1)),
    )


def _when(rng: Random, processes: Mapping[str, Process]) -> dict[str, frozenset[str]]:
    asked: Mapping[str, Sequence[str]] = {
        "process": tuple(processes),
        "criticality": ("critical", "important", "standard", "deferrable"),
        "owner": ("claims", "sales"),
        "data.class": CLASSES,
        "segment": SEGMENTS,
        "country": COUNTRIES,
        "person": PERSONS,
    }
    chosen = rng.sample(sorted(asked), rng.choice((0, 1, 1, 2, 2)))
    return {word: frozenset(cased(rng, each) for each in some(rng, asked[word], 3)) for word in chosen}


def rule(rng: Random) -> Rule:
    """One rule on one fact, with any operator that the fact knows."""
    fact = rng.choice(
        (*WORDS, "certifications", "export_licences", "training", "log_export", "audit_rights", "retention")
    )
    match fact:
        case "certifications" | "export_licences":
            held = CERTIFIED if fact == "certifications" else PERMITS
            return Rule(fact=fact, has=frozenset(cased(rng, each) for each in some(rng, held)))
        case "training" | "log_export" | "audit_rights":
            return Rule(fact=fact, flag=rng.random() < (0.2 if fact == "training" else 0.8))
        case "retention":
            return Rule(fact=fact, at_most=rng.choice(LENGTHS))
        case _:
            return _in_words(rng, fact)


def _in_words(rng: Random, fact: str) -> Rule:
    words = WORDS[fact]
    way = rng.choice(("in", "in", "not_in", "not_in", "both"))
    asked = {
        "in": lambda: frozenset(_written(rng, fact, each) for each in rng.sample(words, rng.randint(1, len(words)))),
        "not_in": lambda: frozenset(_written(rng, fact, each) for each in some(rng, words, 2)),
    }
    allowed = asked["in"]() if way != "not_in" else None
    return Rule(fact=fact, allowed=allowed, denied=asked["not_in"]() if way != "in" else frozenset())


def _written(rng: Random, fact: str, word: str) -> str:
    """Countries and regions have one spelling: the inventory's reader refuses others."""
    return word if word in PLACES and WORDS[fact] is PLACES else cased(rng, word)


def _access(rng: Random, processes: Mapping[str, Process], today: date) -> dict[str, AccessKey]:
    def key(name: str) -> AccessKey:
        return AccessKey(
            id=name,
            digest="0" * 64,
            processes=perhaps(rng, 0.5, lambda: frozenset(some(rng, tuple(processes)))),
            ends=perhaps(rng, 0.3, lambda: _near(rng, today, 3)),
        )

    return {name: key(name) for name in ("team-a", "team-b")} if rng.random() < 0.3 else {}


def circumstances(rng: Random, inventory: Inventory) -> dict[str, Any]:
    """What a caller says of its request; words of its own are those that the inventory knows."""
    known = {word: sorted(_vocabulary(inventory, word)) for word in ("data.class", "segment", "person")}
    return {
        "data_class": rng.choice([None, None, *known["data.class"]]),
        "segment": rng.choice([None, None, *known["segment"]]),
        "person": rng.choice([None, *known["person"]]),
        "country": rng.choice((None, *COUNTRIES, "de", "us")),
    }


def _vocabulary(inventory: Inventory, word: str) -> set[str]:
    asked = {value for policy in inventory.policies for value in policy.when.get(word, ())}
    for process in inventory.processes.values():
        asked |= {"data.class": {process.data.cls}, "segment": set(process.segments)}.get(word, set())
    return asked


def context(rng: Random, inventory: Inventory, **more: Any) -> Context:
    """The context of one random request."""
    return Context(**circumstances(rng, inventory), **more)
