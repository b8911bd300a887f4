"""Write docs/compatibility.md from the record of `make compat`.

python tests/compat/table.py RECORD PAGE
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ABILITIES = {"whole": "Whole", "stream": "Streamed", "loop": "Tool loop", "shape": "Structured"}
PAGE = """\
<!-- Written by `make compat` (tests/compat/table.py). -->

# Compatibility

Every client below was pointed at modelrouter by its base URL, or given its HTTP client, and nothing else was changed.
Behind modelrouter stood twins of two providers, each on a wire of its own: chat completions, Responses, Messages or
Gemini, in all 16 pairs. In the middle of each test the first provider's account was suspended. A test is green if
the client never notices:

- **Whole**, **Streamed**: it asks twice; the second answer comes from the second provider and is read like the first.
- **Tool loop**: the first provider calls a tool and is taken away while the tool works; the second provider reads the
  result and answers.
- **Structured**: it asks twice for an object of a given shape and gets it from either provider.

`16/16` says for how many of the pairs that held. *None*: the client has no such thing, or it is not tried.

## Clients

{clients}

## LangChain's standard tests

`langchain-tests`, as they come, over a first provider that serves one call of each test and is suspended from its second on.

{standard}

Expected to fail are the test that wants a name in Chinese repeated, for a twin says words of its own, and stop
sequences where only a provider on Responses is left (below). Skipped ones are left out: they want pictures and papers from the internet, or what these classes do not claim.

## Whole agents

Their own shell runs a command that takes the provider away; another provider reads what the shell said, and the agent
prints it.

{agents}

## What is refused, and why

- Stop sequences towards a provider that is spoken to by Responses: that API has none. A route of such providers alone
  answers 400 and says so; with another provider in the route, that one serves.

The full list of what each pair of wires carries is in [wires](wires.md).

## To reproduce it

`make compat` sets up the environments (`requirements/compat.txt`, `requirements/openai3.txt`, npm's packages under
`tests/compat/node`), runs everything and writes this page. `make test` runs Python's clients over four pairs.
"""


def main(record: Path, page: Path) -> int:
    """Read the record, write the page; gives the number of tests that failed."""
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    agents = [line for line in lines if line["package"] in ("@anthropic-ai/claude-code", "@openai/codex")]
    standard = [line for line in lines if line["ability"] == "standard"]
    clients = [line for line in lines if line not in agents and line not in standard]
    page.write_text(
        PAGE.format(
            clients="\n".join(_clients(clients)),
            standard="\n".join(_standard(standard)),
            agents="\n".join(_agents(agents)),
        )
    )
    return sum(line["came"] == "failed" for line in lines)


def _clients(lines: list[dict[str, str]]) -> Iterator[str]:
    yield f"| Client | Version | Through | {' | '.join(ABILITIES.values())} |"
    yield f"|---|---|---|{'---|' * len(ABILITIES)}"
    for (client, version, door), own in _grouped(lines, "client", "version", "door"):
        cells = [_share([line for line in own if line["ability"] == ability]) for ability in ABILITIES]
        yield f"| {client} | {version} | {door} | {' | '.join(cells)} |"


def _standard(lines: list[dict[str, str]]) -> Iterator[str]:
    yield "| Class | Version | Pairs | Passed | Expected to fail | Failed |"
    yield "|---|---|---|---|---|---|"
    for (client, version), own in _grouped(lines, "client", "version"):
        counts = [sum(line["came"] == came for line in own) for came in ("passed", "known", "failed")]
        yield f"| {client} | {version} | {len({line['pair'] for line in own})} | {' | '.join(map(str, counts))} |"


def _agents(lines: list[dict[str, str]]) -> Iterator[str]:
    yield "| Agent | Version | Pairs |"
    yield "|---|---|---|"
    for (client, version), own in _grouped(lines, "client", "version"):
        yield f"| {client} | {version} | {_share(own)} |"


def _grouped(lines: Iterable[dict[str, str]], *names: str) -> list[tuple[tuple[str, ...], list[dict[str, str]]]]:
    """The lines by what they have under these names, in the order in which they came."""
    groups: defaultdict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    for line in lines:
        groups[tuple(line[name] for name in names)].append(line)
    order = list(dict.fromkeys(key[0] for key in groups))
    return sorted(groups.items(), key=lambda group: order.index(group[0][0]))


def _share(lines: list[dict[str, str]]) -> str:
    """So many of so many; what failed is named."""
    passed = sum(line["came"] == "passed" for line in lines)
    broken = ", ".join(line["pair"] for line in lines if line["came"] != "passed")
    return f"{passed}/{len(lines)}{f' (not: {broken})' if broken else ''}" if lines else "none"


if __name__ == "__main__":
    sys.exit(min(1, main(Path(sys.argv[1]), Path(sys.argv[2]))))
