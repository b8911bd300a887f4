"""An operator takes a provider out of use by hand, for an hour or until released; nothing overrides that."""

from __future__ import annotations

from pathlib import Path

from modelrouter import Router
from modelrouter.errors import UnknownNameError
from modelrouter.testing import ScriptedProvider, text

provider = ScriptedProvider({"gpt-direct": [text("from OpenAI")], "qwen-local": [text("from our own server")]})

with Router(
    Path(__file__).with_name("providers.yaml"), observers=(), clients=provider.clients(), hold_file=None
) as router:
    print("before:  ", router.chat("hr-letters", "Hello").decision)

    router.hold("provider:anthropic", "contract under negotiation", for_s=3600)
    router.hold("account:openai/main", "key rotation")  # until released
    for hold in router.holds():
        print(f"held:     {hold.domain}: {hold.reason}, ends by {hold.ending}")
    print("during:  ", router.chat("claims-triage", "Hello").text)

    print("released:", router.release("account:openai/main"), router.release("account:openai/main"))
    print("after:   ", router.chat("claims-triage", "Hello").text)

    try:
        router.hold("provider:antropic", "a slip of the finger")
    except UnknownNameError as error:
        print(f"refused:  {error}")
