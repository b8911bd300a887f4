"""The gateway among clients that mean no good: slow ones, ones that leave, and a great many at once.

`python -m benchmarks.hostile [--write]` prints Markdown, and writes it to `benchmarks/results/hostile.md`; with `--write`
also into `docs/performance.md`. About three minutes with the usual counts. `--only slow` (or `aborts`, `streams`) does one part.
Needs two cores, Linux, and 12,000 open files a process (it raises the soft limit as far as it may).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.request import urlopen

from benchmarks.gateway import Load
from benchmarks.gateways import Gateway, Running, chat, inventory
from benchmarks.machine import cores, cpu_s, described
from benchmarks.page import put
from benchmarks.processes import ROOT, Process, Upstream
from benchmarks.prompt import PROCESS

if TYPE_CHECKING:
    from benchmarks.gateways import Question

RESULTS = ROOT / "benchmarks/results"
HONEST = {"connections": 8, "rate": 50.0}
SETTLE_S = 15.0
"""So long what is left behind has to go away."""
MICRO, MEGA, KILO = 1e6, 1e6, 1e3


class Goal(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    goal: str
    met: bool | None = None


class Crowd(Process):
    """Those who mean no good; see `benchmarks.crowd`."""

    def __init__(self, core: int) -> None:
        super().__init__(sys.executable, "benchmarks.crowd", str(core))

    def do(self, what: str, **order: object) -> dict[str, Any]:
        self.say(json.dumps({"do": what, **order}))
        return self.told()

    def told(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.line())
        return answer


class Held(NamedTuple):
    """What the gateway and the upstream hold."""

    tasks: int
    sockets: int
    """Of the gateway, but for those to the upstream."""
    calls: int
    """Under way at the upstream."""
    rss: float


class Scene:
    """Everybody there is."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        other, own = cores()
        self.upstream = stack.enter_context(Upstream(other))
        self.load = stack.enter_context(Load(other))
        self.crowd = stack.enter_context(Crowd(other))
        self.running = stack.enter_context(Running(WATCHED, own, self.upstream.root, folder / "gateway"))
        self.port = self.running.port

    def honest(self, seconds: float) -> dict[str, float]:
        """50 requests a second; raises WorkerError where one fails."""
        return self.load.run(self.running.order("whole", seconds=seconds, warm=seconds / 5, **HONEST))

    def held(self) -> Held:
        """What is held at this moment."""
        window = _get(f"http://127.0.0.1:{self.port}/watched")
        behind = _get(f"{self.upstream.root}/open")
        ours = window["sockets"] - (behind["connections"] - 1)  # the one that asks is not the gateway's
        return Held(window["tasks"], ours, behind["calls"], window["rss"])


def _get(url: str) -> dict[str, Any]:
    with urlopen(url, timeout=30) as answer:
        told: dict[str, Any] = json.loads(answer.read())
        return told


def _ask(kind: str, _: str) -> Question:
    suffix, streamed = {
        "whole": ("", False),
        "paced": ("-paced", True),
        "slow": ("-slow", False),
        "slow stream": ("-slow", True),
    }[kind]
    return chat(PROCESS + suffix, streamed=streamed)


def _command(port: int, root: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.watched", str(port), str(inventory(folder, root))]


WATCHED = Gateway("modelrouter", _command, _ask)


def slow(scene: Scene, options: argparse.Namespace) -> list[Goal]:
    """Honest requests alone, and beside those who linger, in turns."""
    head = scene.running.order("whole")["request"]
    ratios, alone, beside, busy, present = [], [], [], [], []
    for _ in range(options.rounds):
        alone.append(scene.honest(options.seconds)["p99_s"])
        scene.crowd.do("linger", port=scene.port, count=options.slow, head=head)
        before, begun = cpu_s(scene.running.pid), time.monotonic()
        beside.append(scene.honest(options.seconds)["p99_s"])
        busy.append((cpu_s(scene.running.pid) - before) / (time.monotonic() - begun))
        present.append(scene.crowd.do("rest")["present"])
        ratios.append(beside[-1] / alone[-1])
    ratio = statistics.median(ratios)
    told = f"{ratio:.2f} x ({min(ratios):.2f} to {max(ratios):.2f}); {_ms(alone)} alone, {_ms(beside)} beside them"
    who = f"p99 of 50 honest requests/s beside {options.slow:,} slow or half-open clients"
    there = f"{min(present):,} at the least, the gateway's core {statistics.median(busy):.0%} busy"
    return [Goal(who, told, "at most 1.50 x", ratio <= 1.5), Goal("of them connected at the end", there, "")]


def _ms(figures: list[float]) -> str:
    return f"{statistics.median(figures) * 1e3:.1f} ms"


def aborts(scene: Scene, options: argparse.Namespace) -> list[Goal]:
    """Clients that leave, and what they leave behind."""
    before_it = [scene.running.order(kind)["request"] for kind in ("slow", "paced", "whole", "slow stream")]
    within_it = [scene.running.order(kind)["request"] for kind in ("paced", "slow stream")]
    scene.honest(1.0)
    before = _settled(scene, None)
    told = scene.crowd.do("leave", port=scene.port, count=options.aborts, before=before_it, within=within_it)
    after = _settled(scene, before)
    scene.honest(1.0)  # and it serves as ever
    share = f"{told['left']:,} clients left, {told['within']:,} of them in the middle of an answer: left behind"
    lines = [
        Goal(f"{share} tasks", f"{after.tasks - before.tasks:+d}", "none", after.tasks <= before.tasks),
        Goal("sockets of clients", f"{after.sockets - before.sockets:+d}", "none", after.sockets <= before.sockets),
        Goal("calls at the provider", f"{after.calls}", "none", after.calls == 0),
    ]
    grown = (after.rss - before.rss) / MEGA
    return [*lines, Goal("memory grown by, MB", f"{grown:.1f}", "")]


def _settled(scene: Scene, before: Held | None) -> Held:
    """What is held once nothing more goes away."""
    until = time.monotonic() + (SETTLE_S if before else 2.0)
    now = scene.held()
    while time.monotonic() < until:
        if before and now.tasks <= before.tasks and now.sockets <= before.sockets and not now.calls:
            break
        time.sleep(0.2)
        now = scene.held()
    return now


def streams(scene: Scene, options: argparse.Namespace) -> list[Goal]:
    """A great many streams at once, one event every half second each."""
    question = scene.running.gateway.ask("slow stream", scene.upstream.root)
    scene.honest(1.0)
    before = scene.held()
    begun = time.monotonic()
    order = {"port": scene.port, "count": options.streams, "needle": question.needle}
    scene.crowd.do("stream", request=question.rendered(scene.port), **order)
    up = time.monotonic() - begun
    time.sleep(8)
    middle = scene.held()
    complete = scene.crowd.told()["complete"]
    took = time.monotonic() - begun
    each = (middle.rss - before.rss) / options.streams / KILO
    all_of_them = f"{complete:,} in {took:.0f} s, all under way after {up:.1f} s"
    return [
        Goal(f"{options.streams:,} concurrent streams complete", all_of_them, "all", complete == options.streams),
        Goal("under way at the provider in the middle", f"{middle.calls:,}", "all", middle.calls == options.streams),
        Goal("memory a stream, kB", f"{each:.0f}", ""),
    ]


PARTS = {"slow": slow, "aborts": aborts, "streams": streams}


def main() -> None:
    options = _options()
    RESULTS.mkdir(exist_ok=True)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # for the processes that we start
    load = os.getloadavg()[0]
    goals: list[Goal] = []
    for name, part in PARTS.items():
        if options.only in name:
            begun = time.monotonic()
            with TemporaryDirectory() as folder, ExitStack() as stack:
                goals += part(Scene(stack, Path(folder)), options)
            print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    text = _markdown(goals, load)
    (RESULTS / "hostile.md").write_text(text)
    print(text)
    if options.write:
        put("hostile", text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slow", type=int, default=5000)
    parser.add_argument("--aborts", type=int, default=10_000)
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3, help="of the slow ones")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="of honest requests, alone and beside the slow ones"
    )
    parser.add_argument("--only", default="", choices=["", *PARTS])
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    return parser.parse_args()


def _markdown(goals: list[Goal], load: float) -> str:
    head = f"Measured on {described()}; the gateway on one core, everybody else on the other; load before the run {load:.1f}."
    marks = {True: "✓", False: "✗", None: ""}
    rows = [f"| {goal.what} | {goal.measured} | {goal.goal} | {marks[goal.met]} |" for goal in goals]
    return "\n".join([head, "", "| what | measured | goal | |", "|---|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    main()
