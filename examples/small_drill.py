"""A rehearsal from Python: one scenario, on loopback, against servers that fail as the provider fails."""

from __future__ import annotations

from pathlib import Path

from modelrouter import load
from modelrouter.drills.rehearse import plan, rehearse
from modelrouter.drills.verdict import judge

inventory = load(Path(__file__).with_name("providers.yaml"))
scenarios = [scenario for scenario in plan(inventory) if scenario.id == "suspended-openai"]

for recording in rehearse(inventory, scenarios).recordings:
    print(recording.scenario.title)
    for judgement in judge(inventory, recording):
        print(f"  {judgement.process}: {judgement.verdict}, {judgement.why}")
        print(f"    {judgement.sent} sent, {judgement.lost} lost, {judgement.wasted} wasted on the held scope")
