"""Whole-system simulation: the router that ships, on a clock that hurries, before providers that are made up.

A seed decides everything: the inventory, what its providers do and when, who asks for what. Only the
socket, the clock and chance are replaced. What must never happen is checked at every step from what
the simulated providers and callers saw themselves (`invariants`), and a seed replays a run exactly.

    python -m tests.simulation --seeds 10000
    python -m tests.simulation --seed 4711 --trace
"""
