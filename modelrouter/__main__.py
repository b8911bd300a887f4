"""`python -m modelrouter`: the command line."""

from __future__ import annotations

from modelrouter.cli import main

main()
