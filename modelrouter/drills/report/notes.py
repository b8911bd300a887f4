"""How a report is to be read, in words."""

from __future__ import annotations

__all__ = ["notes"]

NOTES = (
    (
        "Verdicts",
        (
            "They are read from the twins' own logs and from what callers saw, never from the router. SURVIVED: every "
            "request was served. DEGRADED: served again in time, some requests lost. FAILED_…: not in time, not to enough "
            "callers, against policy, poorly, or too dear. NO_PERMITTED_ROUTE: nothing was left that may serve. INCONCLUSIVE: the "
            "rehearsal itself went wrong. NOT_TESTED: nothing was sent."
        ),
    ),
    (
        "Detect",
        "From the process's first call that met the fault to the end of the last one before others were spared.",
    ),
    ("Fail over", "From that first call to the first whole answer from a deployment that stands."),
    ("Lost", "Requests that no twin answered whole, or whose caller saw an error."),
    (
        "Wasted",
        (
            "Calls that went on to the failing scope after its first refusal had been read. Where a wait was only "
            "inferred and nothing else may serve, the router asks again on purpose."
        ),
    ),
    (
        "Not touched",
        "The scenario leaves the process's first choice alone; it is here to show that it goes on undisturbed.",
    ),
    (
        "The picture",
        (
            "A lane for each process; a mark where a request was sent, with the letter of the deployment that answered; "
            "a tail for as long as its caller waited. The shaded part is the fault, dashed lines are holds."
        ),
    ),
)


SIMULATED = (
    "Each scenario had a fresh router, and providers that speak and fail as the real ones do, without a connection between. "
    "Time was simulated, and chance drawn from the seed. Every process sent its declared demand. After a steady phase the "
    "fault was switched on."
)
TWIN = (
    "Each scenario had fresh servers on this machine that speak and fail as the providers do (twins), and a fresh "
    "router. Every process sent its declared demand, scaled down, through the official OpenAI SDK. After a steady "
    "phase the fault was switched on."
)


REAL = (
    "Real requests of a gateway that runs. Those of the canary that were to go to what fails were answered in its place, in "
    "its provider's words; as large a share beside it was watched. The fault would have ended by itself had the drill died."
)
PLAYED = {"simulated": SIMULATED, "twin": TWIN, "canary": REAL, "live": REAL}


def notes(level: str) -> tuple[tuple[str, str], ...]:
    """Each with its name; how it was played is that of the level."""
    return (("How it was played", PLAYED.get(level, TWIN)), *NOTES)
