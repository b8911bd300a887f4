"""The official OpenAI SDK, with a business process where the name of a model used to be.

Nothing else changes: types, helpers, streaming and errors are the SDK's own.
"""

from __future__ import annotations

from pathlib import Path

from modelrouter import OpenAI, Router
from modelrouter.testing import ScriptedProvider, text

# In place of real providers: what each deployment of this example answers.
provider = ScriptedProvider({"gpt-direct": [text("Urgent: water is still running.")]})

router = Router(Path(__file__).with_name("providers.yaml"), clients=provider.clients(), hold_file=None)
with router, OpenAI(router=router) as client:  # in an application OpenAI() alone: it reads providers.yaml
    for model in ("claims-triage", "gpt-4o"):  # a process, and an alias that old code uses
        completion = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Water in the cellar. How urgent?"}]
        )
        print(f"{model}: {completion.choices[0].message.content}")
