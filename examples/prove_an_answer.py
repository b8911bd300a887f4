"""An answer that can be proved: recorded before it was handed out, and checked by one file of plain Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from modelrouter import Router
from modelrouter.testing import ScriptedProvider, text

INVENTORY = Path(__file__).with_name("providers.yaml").read_text(encoding="utf-8")
LEDGER = "\nledger: {folder: ledger, origin: bank.example/router}\n"


def typed(*words: str, folder: str) -> str:
    """What a command prints."""
    return subprocess.run([sys.executable, *words], cwd=folder, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own command line


with TemporaryDirectory() as folder:
    file = Path(folder, "providers.yaml")
    file.write_text(INVENTORY + LEDGER, encoding="utf-8")
    provider = ScriptedProvider({"gpt-direct": [text("Urgent."), text("Routine.")]})
    with Router(file, clients=provider.clients(), hold_file=None) as router:
        answers = [router.chat("claims-triage", "How urgent?") for _ in range(2)]
        entry = answers[0].headers["x-modelrouter-entry"]  # it was on the disk before this answer was here
        print(f"{answers[0].text} Recorded as {entry}")

    ledger = ("-m", "modelrouter", "ledger")
    print(typed(*ledger, "verify", folder=folder))
    print(typed(*ledger, "redact", entry, "--field", "trail", "--why", "an example", "--who", "Uma", folder=folder))
    proved = json.loads(typed(*ledger, "prove", entry, "--out", "proof", "--json", folder=folder))
    typed(*ledger, "verify", "--verifier", "verifier.py", folder=folder)
    # What an auditor does, who has these three files and the key, and nothing else:
    print(typed("verifier.py", "proof.jsonl", "--proof", "proof.tlog-proof", "--key", proved["key"], folder=folder))
