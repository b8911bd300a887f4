"""Who would serve a process now, and why not the others, without sending anything."""

from __future__ import annotations

from pathlib import Path

from modelrouter import Context, Router

with Router(Path(__file__).with_name("providers.yaml"), hold_file=None) as router:
    router.hold("family:gpt", "evaluation of a new version")
    for process, context in (("claims-triage", Context()), ("claims-triage", Context(data_class="personal"))):
        explanation = router.explain(process, context)
        print(f"{process}, data class {context.data_class or 'as declared'}:")
        for deployment in explanation.candidates.permitted:
            holds = ", ".join(f"{hold.domain} is held" for hold in explanation.holds[deployment.id])
            print(f"  {deployment.id}: {holds or 'free'}")
        for deployment, rule, why in explanation.candidates.excluded:
            print(f"  {deployment.id}: not permitted by {rule}, {why}")
