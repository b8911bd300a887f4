"""The router by itself: no SDK installed, whole answers and streams from one call."""

from __future__ import annotations

from pathlib import Path

from modelrouter import Context, Router
from modelrouter.errors import RequestFailedError
from modelrouter.testing import ScriptedProvider, broken, stream, text

provider = ScriptedProvider(
    {
        "qwen-local": [text("Routine."), stream(["Rou", "tine."]), broken()],
    }
)

with Router(
    Path(__file__).with_name("providers.yaml"), observers=(), clients=provider.clients(), hold_file=None
) as router:
    answer = router.chat("qwen-local", "How urgent?", temperature=0)  # a deployment is a route of itself alone
    print(answer.status, answer.text, answer.headers["x-modelrouter-deployment"])

    with router.chat("qwen-local", "How urgent?", stream=True) as answer:
        print([event["choices"][0]["delta"].get("content") for event in answer.events()])

    try:
        router.chat("hr-letters", "Dear …", context=Context(data_class="personal", deadline_s=5))
    except RequestFailedError as error:
        print(f"{type(error).__name__} {error.status}: {error}")
