"""The rules, as data: what each finds, why that matters, what to do. See `docs/lint.md`, which is made from here."""

from __future__ import annotations

from modelrouter.continuity.lint.rule import Rule

__all__ = [
    "ALONE",
    "CAPABILITY",
    "CAPACITY",
    "CONTEXT",
    "COST",
    "IDLE",
    "INDEPENDENCE",
    "JURISDICTION",
    "KEY",
    "NOTICE",
    "OUTPUT",
    "PATIENCE",
    "QUALITY",
    "RESIDENCY",
    "RETENTION",
    "RETIREMENT",
    "ROUTING",
    "RULES",
    "SPILLOVER",
]

CONTEXT = Rule(
    id="R01",
    name="short-context",
    severity="warning",
    what="A deployment of a route cannot hold the conversations of the process.",
    why="The longest requests are the ones that a smaller model refuses, and they are refused only on the day it serves.",
    advice="Take a model with a larger window into the route, or state a smaller `needs.context`.",
)
CAPABILITY = Rule(
    id="R02",
    name="missing-capability",
    severity="warning",
    what="A deployment of a route lacks what the process needs of a model: tools, schemas, pictures, documents.",
    why="Such a deployment is passed over for every request, so the route is shorter than it looks.",
    advice="Take a model that can do it, correct its `capabilities`, or take the need away.",
)
OUTPUT = Rule(
    id="R03",
    name="short-answer",
    severity="warning",
    what="A deployment of a route cannot give answers as long as the process asks for.",
    why="Providers refuse a larger limit than the model's or cut the answer off: an error, or half a text.",
    advice="Take a model with longer answers, or state a smaller `needs.output`.",
)
RESIDENCY = Rule(
    id="R04",
    name="not-permitted-here",
    severity="warning",
    what="A deployment of a route processes data where the process or a policy does not allow it.",
    why="It never serves. In an outage such a route ends in `no permitted route`, which no retry mends.",
    advice="Replace it by a deployment that processes where you may, or state `processing` if it is merely not stated.",
)
JURISDICTION = Rule(
    id="R05",
    name="not-permitted-from-them",
    severity="warning",
    what="A policy excludes a deployment of a route for who runs it, who trained it or whose law it is under.",
    why="It never serves, though the route counts it.",
    advice="Replace it by a deployment that the policy permits, or change the policy.",
)
INDEPENDENCE = Rule(
    id="R06",
    name="fails-together",
    severity="warning",
    what="All deployments that may serve a process share something that fails as one; or a fallback shares it with the first choice.",
    why="Two names are no fallback if one suspended account, one region, one delivery network or one order ends both.",
    advice="Add a deployment that shares none of it; `modelrouter impact` finds the smallest set.",
)
KEY = Rule(
    id="R07",
    name="key-missing-or-ending",
    severity="warning",
    what="A deployment of a route has no key, or a key or certificate whose last day is past or near.",
    why="That the key of a standby has ended is found out on the day it is needed.",
    advice="Renew the key and write its new last day, `ends`.",
)
RETIREMENT = Rule(
    id="R08",
    name="model-retires",
    severity="warning",
    what="A deployment of a route serves a model that is retired, or soon will be.",
    why="A retirement is an outage whose date is known.",
    advice="Move to the model's successor before that day; `modelrouter calendar` shows what else ends.",
)
IDLE = Rule(
    id="R09",
    name="idle-legacy-standby",
    severity="warning",
    what="A standby on Bedrock serves a model that is `legacy`, and nothing calls it in ordinary times.",
    why="Bedrock may close a legacy model to accounts that have not called it for 15 days: the standby dies unseen.",
    advice="Let a canary call it: `health: {every: 1d, checks: [canary]}`; or move to a model that is active.",
)
CAPACITY = Rule(
    id="R10",
    name="too-small-to-take-over",
    severity="warning",
    what="After the loss of one thing, what is left cannot carry the minimum of a process, all that arrive there counted.",
    why="A fallback that everybody falls back to is full.",
    advice="Raise the limit that binds; `modelrouter capacity` says which, and by how much.",
)
COST = Rule(
    id="R11",
    name="too-dear",
    severity="warning",
    what="A fallback costs more a request than `objectives.cost` allows, as a multiple of the first choice.",
    why="Spending caps stop services too: some providers answer the end of a budget as they answer overload.",
    advice="Take a cheaper fallback, or allow a higher multiple.",
)
ROUTING = Rule(
    id="R12",
    name="failure-not-routed",
    severity="warning",
    what="A failure of a provider ends a request, though others could serve it.",
    why="Most requests that were lost behind working fallbacks were lost to an error that nobody had listed.",
    advice="Allow more than one attempt; let your own signatures name causes after which the next deployment is asked.",
)
PATIENCE = Rule(
    id="R13",
    name="too-patient",
    severity="warning",
    what="Silent deployments use up the time in which the process must be served.",
    why="A provider that hangs costs its whole patience before the next is asked; after the deadline nobody is.",
    advice="Shorten `objectives.first_token`, or allow fewer `attempts`.",
)
ALONE = Rule(
    id="R14",
    name="alone",
    severity="warning",
    what="A single deployment may serve a process.",
    why="Whatever takes it away stops the process; nothing can be routed around it.",
    advice="Add a second permitted deployment of another provider, and another model family.",
)
QUALITY = Rule(
    id="R15",
    name="never-measured",
    severity="note",
    what="Nobody has measured whether a fallback is good enough for the process; or it was measured and is not.",
    why="A fallback that answers badly turns an outage into wrong decisions.",
    advice="Give the process a few `quality.checks`, measure each deployment, and write down its `quality.scores`.",
)
NOTICE = Rule(
    id="R16",
    name="notice-too-short",
    severity="warning",
    what="A contract has ended, or ends, or may be ended by the provider, sooner than the process could be moved elsewhere.",
    why="The last day of a contract is an outage whose date is known.",
    advice="Agree on a longer notice, keep a second provider under contract, or make moving quicker.",
)
RETENTION = Rule(
    id="R17",
    name="kept-too-long",
    severity="warning",
    what="A deployment keeps data longer than the process allows, or nobody has said how long.",
    why="The agreement that nothing is kept is made with each provider apart; a fallback often has none.",
    advice="Agree on it with that provider and write down `retention`, or take the deployment out of the route.",
)
SPILLOVER = Rule(
    id="R18",
    name="spills-elsewhere",
    severity="warning",
    what="The provider hands what a deployment cannot take to another that processes elsewhere or serves another model.",
    why="Spillover happens at the provider, past every policy of this inventory.",
    advice="Let it spill to a deployment of the same account and model that processes in the same places.",
)

RULES = (
    CONTEXT,
    CAPABILITY,
    OUTPUT,
    RESIDENCY,
    JURISDICTION,
    INDEPENDENCE,
    KEY,
    RETIREMENT,
    IDLE,
    CAPACITY,
    COST,
    ROUTING,
    PATIENCE,
    ALONE,
    QUALITY,
    NOTICE,
    RETENTION,
    SPILLOVER,
)
"""In the order of their ids."""
