"""The list of vendor tables."""

from __future__ import annotations

from modelrouter.core.signatures import asia, hosts, servers
from modelrouter.core.signatures.anthropic import ANTHROPIC
from modelrouter.core.signatures.azure import AZURE
from modelrouter.core.signatures.bedrock import BEDROCK
from modelrouter.core.signatures.google import GOOGLE
from modelrouter.core.signatures.openai import OPENAI

ALL = (ANTHROPIC, OPENAI, AZURE, BEDROCK, GOOGLE, *asia.ALL, *hosts.ALL, *servers.ALL)
