"""What recording costs a request through the gateway: `python -m benchmarks.recording [--seconds 5] [--rounds 5]`.

Three gateways before the same upstream: one without a ledger, one whose ledger is relaxed, one whose is strict. Whole answers at
an even rate, in turn, so that each meets the machine as the others do; what is added is the difference to the one without
a ledger in the same round. What the disk takes for a flush is measured in the same run, for that is what strict waits for.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.gateways import OURS, Gateway, Running, inventory
from benchmarks.journal import flushes
from benchmarks.machine import cores, described
from benchmarks.processes import Process, Upstream

KINDS = ("none", "relaxed", "strict")
RATE = 200.0


def gateway(kind: str) -> Gateway:
    """Ours, recording in this way."""

    def command(port: int, root: str, folder: Path) -> list[str]:
        file = inventory(folder, root)
        if kind != "none":
            file.write_text(f"{file.read_text()}ledger: {{folder: ledger, durability: {kind}}}\n")
        return [
            sys.executable,
            "-m",
            "modelrouter",
            "serve",
            "--port",
            str(port),
            "--inventory",
            str(file),
            "--no-watch",
        ]

    return Gateway(kind, command, OURS.ask)


def main() -> None:
    """Answer the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--json", action="store_true")
    ask = parser.parse_args()
    rounds, flush_s = measured(ask.seconds, ask.rounds, ask.rate)
    if ask.json:
        print(json.dumps({"rounds": rounds, "flush_s": flush_s}))
        return
    print(f"{described()}; {ask.rate:g} requests/s, {ask.rounds} rounds of {ask.seconds:g} s each")
    print(f"a bare flush on that disk: p50 {flush_s * 1e3:.2f} ms")
    for kind in KINDS:
        print(line(kind, rounds))


def line(kind: str, rounds: list[dict[str, dict[str, Any]]]) -> str:
    """One kind: what it took, and what it added to the one without in the same round."""
    told = [f"{kind:8}"]
    for name, scale, unit in (("p50_s", 1e3, "ms"), ("p99_s", 1e3, "ms"), ("cpu", 1e6, "µs")):
        values = [each[kind][name] * scale for each in rounds]
        added = [(each[kind][name] - each["none"][name]) * scale for each in rounds]
        told.append(f"{name.removesuffix('_s')} {median(values):.2f} {unit} (added {median(added):+.2f})")
    failures = sum(each[kind]["failures"] for each in rounds)
    return "  ".join([*told, f"failures {failures}"])


def measured(seconds: float, count: int, rate: float) -> tuple[list[dict[str, dict[str, Any]]], float]:
    """By round and kind what the generator saw; and a bare flush of the disk."""
    first, last = cores()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream = stack.enter_context(Upstream(first))
        load = stack.enter_context(Process(sys.executable, "benchmarks.load", str(first)))
        running = {
            kind: stack.enter_context(Running(gateway(kind), last, upstream.root, folder / kind)) for kind in KINDS
        }
        rounds = []
        for number in range(count):
            turn = KINDS[number % 3 :] + KINDS[: number % 3]
            rounds.append({kind: asked(load, running[kind], seconds, rate) for kind in turn})
        return rounds, median(flushes(folder))


def asked(load: Process, gateway: Running, seconds: float, rate: float) -> dict[str, Any]:
    """One measurement of one gateway."""
    order = gateway.order("whole", connections=32, seconds=seconds, warm=1.0, rate=rate)
    load.say(json.dumps(order))
    answer: dict[str, Any] = json.loads(load.line())
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return {**answer, "cpu": answer["cpu_s"] / answer["calls"]}


if __name__ == "__main__":
    main()
