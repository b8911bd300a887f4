"""What a request says of itself decides with: personal data stays where the policy wants it."""

from __future__ import annotations

from pathlib import Path

from modelrouter import OpenAI, Router, context, decision_of
from modelrouter.testing import ScriptedProvider, text

MESSAGE = "Summarise this claim."
provider = ScriptedProvider({"gpt-direct": [text("Done.")], "qwen-local": [text("Done.")]})


def ask(client: OpenAI, **said: str) -> None:
    """Ask once, with what is said of this request alone, and print who served."""
    completion = client.chat.completions.create(
        model="claims-triage", messages=[{"role": "user", "content": MESSAGE}], extra_body={"modelrouter": said}
    )
    print(f"- {decision_of(completion)}")


router = Router(Path(__file__).with_name("providers.yaml"), observers=(), clients=provider.clients(), hold_file=None)
with router, OpenAI(router=router) as client:
    ask(client)
    ask(client, data_class="personal")  # for one request
    with context(data_class="personal", country="DE", deadline=10):  # for every request of a block
        ask(client)
        ask(client, data_class="internal")  # a class adds to the block's and never replaces it
with OpenAI(router=router, process="hr-letters") as client:  # for every request of a client
    ask(client)
