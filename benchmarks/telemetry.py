"""What telemetry costs a request: processor time with traces and metrics sent to a receiver of this machine, against without.

`python -m benchmarks.telemetry [REQUESTS]`: whole answers of a scripted provider, in process, so that nothing but the
router and its telemetry is measured. The receiver runs in another process, and its time is not counted.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from statistics import median

from modelrouter.inventory.loader import parse
from modelrouter.router import Router
from modelrouter.testing import ScriptedProvider, text

INVENTORY = """\
inventory: measured
providers: {p: {headquarters: DE, local: true}}
models: {m: {developer: d, family: f, context: 100k}}
deployments: {a: {provider: p, model: m, url: "http://127.0.0.1:9/v1", processing: [DE]}}
processes: {claims: {owner: o, routes: [a]}}
"""
RECEIVER = """\
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
ROUNDS = 5
KINDS = {
    "off": "",
    "traces and metrics": "telemetry: {{otlp: 'http://127.0.0.1:{port}'}}\n",
    "traces": "telemetry: {{otlp: 'http://127.0.0.1:{port}', metrics: false}}\n",
    "metrics": "telemetry: {{otlp: 'http://127.0.0.1:{port}', traces: false}}\n",
    "10 % of traces, metrics": "telemetry: {{otlp: 'http://127.0.0.1:{port}', sample: 10%}}\n",
}


async def spent(router: Router, requests: int) -> float:
    """Microseconds of processor time a request, those of the threads that send among them."""
    await router.achat("claims", "hello")
    before = time.process_time()
    for _ in range(requests):
        await router.achat("claims", "hello")
    return (time.process_time() - before) / requests * 1e6


def main(requests: int) -> None:
    """Measure each kind in turn, several times over, and print the medians."""
    with subprocess.Popen([sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True) as receiver:
        assert receiver.stdout is not None
        port = int(receiver.stdout.readline())
        figures: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for _ in range(ROUNDS):
            for kind, section in KINDS.items():
                inventory = parse(INVENTORY + section.format(port=port))
                provider = ScriptedProvider({"a": [text("hello")]})
                with Router(inventory, clients=provider.clients(), observers=[], hold_file=None) as router:
                    figures[kind].append(asyncio.run(spent(router, requests)))
        receiver.kill()
    off = median(figures["off"])
    for kind, each in figures.items():
        print(f"{kind:<24} {median(each):6.0f} µs of processor time a request, {median(each) - off:+5.0f} µs")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
