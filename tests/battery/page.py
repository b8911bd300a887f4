"""The page of the documentation: what the battery is, and what it last measured."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from battery.table import markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from battery.judge import Row

INTRODUCTION = """\
# The battery of failures

Real requests over real connections to a deployment that fails in one given way, with a healthy one behind
it; what the caller sees is what counts. The answers, errors and headers are those of the drills' twins where a
provider states something; below that, a server on a raw socket refuses, resets, falls silent, drips, cuts and
misframes.

```sh
make battery                                    # everything
PYTHONPATH=tests .venv/bin/python -m battery --case tls      # the cases whose names begin so
PYTHONPATH=tests .venv/bin/python -m battery --case dns --repeat 3 --json battery.json
```

Needs no key and no network beyond loopback, and `openssl` for throw-away certificates. Exit code 1 where a case
does not come out as it must. A quick part, each case once with its patience shortened, runs with the tests.

**Two doors.** Each case is played through the drop-in SDK (`modelrouter.AsyncOpenAI` and `modelrouter.OpenAI` in
turns) and through `modelrouter serve`, a process of its own, with the stock `openai.AsyncOpenAI` in front of it, whose own
retries are left on. Whole and streamed answers take turns where a case knows both. Every repeat starts with a new router that knows nothing.

**How to read the table.** Of each case several requests are sent, one after the other. *The caller saw* is over all of
them. *Taken for* is the cause that the router found. *Calls of it* is the most that the failing deployment
received in one repeat, of so many requests; for connections that never came about, the router's own count. *First wait* is the median
time to the first content, or to the error, of the first request at each door, *last wait* the longest
of the last request, when the router knows.

An answer is whole only if it is, letter for letter, the whole answer of one deployment, and says that it has ended. Where a stream
breaks after its first content, the caller has seen a part of it: the product then ends the stream with a typed
error, never with a clean end. A request that is itself at fault, and one that a provider's content filter refused, stop where they are: that is
not counted as a failure shown.

What it does not show: loss and delay of packets, name servers that are slow or lie, HTTP/2, and providers under load.

## As last measured

"""


def page(rows: Sequence[Row], repeats: int) -> str:
    """The whole page."""
    day = datetime.now(UTC).date().isoformat()
    machine = f"Python {platform.python_version()} on {platform.system()}, {os.cpu_count()} cores"
    return (
        f"{INTRODUCTION}{day}, {machine}; up to {repeats} repeats through each door. Written by\n"
        f"`make battery`; not by hand.\n\n{markdown(rows)}"
    )
