"""Pages of what stands before a provider: content networks, firewalls, captive portals.

Their words are not the provider's, so they come before anything a provider might mean by them.
"""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule

RULES = (
    Rule(
        "country_banned",
        Cause.GEOFENCED,
        Scope.JURISDICTION,
        text=(
            "error (code |code: |)1009",
            "country or region your ip address is in",
            "banned the (country|region) * (your ip|ip address)",
        ),
    ),
    # A firewall that turns the request or our address away: another path may still reach the provider.
    Rule(
        "firewall",
        Cause.NETWORK,
        Scope.DEPLOYMENT,
        text=(
            "sorry, you have been blocked",
            "cors policy",
            "using a security service to protect itself",
            "(just a moment|attention required|checking your browser|enable javascript and cookies|verify you are human|cf-chl)",
            "request (rejected|blocked) * (support id|incident id|waf|web application firewall)",
        ),
    ),
    Rule(
        "owners_wall",
        Cause.PERMISSION,
        Scope.DEPLOYMENT,
        text=("error (code |code: |)(1006|1007|1008|1010|1012|1020)", "site owner may have set restrictions"),
    ),
    # Turned away without a word on why: by a firewall, as a rule.
    Rule(
        "turned_away",
        Cause.NETWORK,
        Scope.DEPLOYMENT,
        status=(403, 406),
        text=("(request|connection|traffic|ip|ip address) (was|is|has been) (blocked|rejected|dropped)",),
        unless=(
            "(content|policy|policies|safety|moderation|filter|filters|guardrail|guardrails|prompt|harmful|sensitive|prohibited)",
            "(account|organization|organisation|workspace|user|key|token|region|country|quota|limit|credit|credits|plan|permission|permissions|model)",
        ),
    ),
    # Our own way out, whatever the provider would have said.
    Rule(
        "proxy",
        Cause.NETWORK,
        Scope.DEPLOYMENT,
        codes=("ProxyError", "ClientProxyConnectionError", "ClientHttpProxyError"),
        text=("proxy authentication required", "cannot connect to proxy", "tunnel connection failed"),
    ),
    # The provider's own proxy answered: the line to it is sound, what stands behind it is not.
    Rule(
        "behind_the_proxy",
        Cause.OUTAGE,
        Scope.DEPLOYMENT,
        text=(
            "upstream connect error",
            "disconnect/reset before headers",
            "upstream prematurely closed",
            "no healthy upstream",
            "upstream reset (before|after) response started",
            "(cluster|route) not found{",
            "no live upstreams",
            "no valid upstream node",
            "failure to get a peer",
            "invalid response was received from the upstream",
            "no server is available to handle this request",
        ),
    ),
    Rule("edge_rate", Cause.THROTTLED, Scope.ACCOUNT, text=("error (code |code: |)1015", "you are being rate limited")),
    Rule(
        "edge_late",
        Cause.TIMEOUT,
        Scope.DEPLOYMENT,
        text=("error (code |code: |)(522|524)", "a timeout occurred", "origin (web server|server) timed out"),
    ),
    Rule(
        "origin_down",
        Cause.OUTAGE,
        Scope.PROVIDER,
        text=(
            "error (code |code: |)(520|521|523|525|526|527|530)",
            "web server (is|returned|reported) (down|an unknown error|a bad gateway)",
        ),
    ),
)

PAGES = (
    Rule("page_for_an_answer", Cause.NETWORK, Scope.DEPLOYMENT, codes=("html_page",), status=(200, 403), vague=True),
)
"""A page where an API answers JSON: a captive portal, or a wall that does not say what it is."""
