"""The page of the documentation: which wires meet, and what is left out where they do."""

from __future__ import annotations

from itertools import product

from crosswire.cases import CALLERS, CASES
from crosswire.refusals import REFUSED, lost, refused
from crosswire.stage import SEATS

INTRODUCTION = """\
# Any wire to any wire

A program speaks the wire of the SDK that it was written with; a deployment speaks its provider's. Where they are the same, a
request passes through as it is, but for what must change; where they differ, it is read, and written anew in the other
wire, and so is the answer, whole or event by event. What a target cannot carry is either a demand: the target is
passed over and the next one asked, with the reason in the decision. Or it is a wish: it stays behind, and the
decision and the header `x-modelrouter-losses` name it.

```sh
make docs                                                     # writes this page
.venv/bin/python -m pytest tests/crosswire                    # plays every cell of it, and the loops below
```

**How the cells are proved.** Each is played whole and streamed: the caller's official SDK (for Gemini, plain HTTP and types written
after the published reference), a router in the same process, a real connection, and behind it a server that
answers in the deployment's wire and refuses what the real service refuses. The answer must be, letter for
letter, what that server said: text, arguments of calls, counts of tokens, reasoning; ids of calls must lead back.
Pictures and files are compared by what they hold. A cell that says *yes* leaves nothing out; one that
is refused is played as well, so that none stands here that would work.

**Conversations that change provider.** An agent calls a tool twelve times, and before one of its requests the provider that has served so far
is gone: suspended, down, without the model, or hanging up. For each pair of wires, including the same one twice, and
each of the twelve requests, the loop finishes with the other provider, no step lost or doubled; callers' wires take turns.
Where the first provider comes back, it gets its own signed reasoning back, and none that another provider, account or model
signed. A router that has never seen the conversation, after a restart say, cannot know who signed what in it: where a
provider refuses it for that, it is asked once more without any.

**Breaks.** On every pair of wires a stream that fails before its first content is not noticed, and one that fails after it, in a
text or in a call, by an error, a broken event or a cut, ends in an error for the caller, never in something that looks whole.

## The matrix

"""


def cell(caller: str, seat: str, case: str) -> str:
    """What becomes of one case."""
    if refused(caller, seat, case):
        return "refused"
    without = lost(caller, seat, case)
    return f"without {', '.join(f'`{name}`' for name in without)}" if without else "yes"


def rows() -> list[list[str]]:
    """The table, its head first."""
    return [
        ["caller speaks", "deployment speaks", *CASES],
        *([caller, seat, *(cell(caller, seat, case) for case in CASES)] for caller, seat in product(CALLERS, SEATS)),
    ]


def page() -> str:
    """The whole page."""
    head, *body = ("| " + " | ".join(row) + " |" for row in rows())
    line = "|" + "---|" * len(rows()[0])
    reasons = "\n".join(
        f"- {reason}: {', '.join(sorted({case for (_, _, case), said in REFUSED.items() if said == reason}))}"
        for reason in sorted(set(REFUSED.values()))
    )
    return f"{INTRODUCTION}{chr(10).join([head, line, *body])}\n\n## Why something is refused\n\n{reasons}\n\n{LOSSES}"


LOSSES = """\
## Why something is left out

- `thinking`: reasoning that nobody signed, or whose signature its issuer's wire does not carry, stays behind when a conversation goes on.
- `reasoning_effort`: from GPT-5.4 on, OpenAI's Chat Completions takes no functions beside reasoning, and reasons by default; it is asked
  not to. Over OpenAI's Responses the same model does both.
- `tools.web_search`: Codex offers a search by default, and does without where the provider has none.
"""
