"""Writes the generated parts of the papers: `python docs/generate.py`, or `--check` to see whether they are fresh.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; NAME is a function of `PARTS`.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import typer
from typer.testing import CliRunner

from modelrouter import errors
from modelrouter.cli import impact_facts
from modelrouter.cli.app import VERBS
from modelrouter.continuity import events as impact_events
from modelrouter.continuity import factors as factor_graph
from modelrouter.continuity import impact as impact_verdicts
from modelrouter.continuity.lint import RULES
from modelrouter.core.causes import PERMITS, Again, Cause, Ending, Next, Opens, Scope
from modelrouter.core.domains import HELD, Kind, domains_of
from modelrouter.drills import verdict
from modelrouter.drills.incidents import incidents as known_incidents
from modelrouter.drills.misfortunes import MISFORTUNES
from modelrouter.drills.planfile import PlanEntry, plan_schema
from modelrouter.drills.rehearse import plan
from modelrouter.drills.report import facts
from modelrouter.drills.report.findings import UNREHEARSED
from modelrouter.drills.report.schema import json_schema
from modelrouter.drills.scope import CALLERS, FACTS
from modelrouter.inventory import load
from modelrouter.inventory.schema import flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from modelrouter.cli.app import Verb

ROOT = Path(__file__).resolve().parents[1]
PART = re.compile(r"(<!-- generated: ([a-z]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
WIDTH = 100
COMMAND = "from modelrouter.cli import main; main()"
MINUTE, HOUR = 60, 3600
ON_A_DAY = "--today 2026-11-23"
"""For what depends on the date: pages stay fresh."""

ENDS = {
    Ending.TIME: "time",
    Ending.TRIAL: "time, then one trial",
    Ending.RELEASE: "free probe, then one trial; or a person",
}
AGAIN = {Again.NO: "no", Again.BUDGETED: "once, within the budget", Again.LAST_RESORT: "after the wait, as last resort"}
NEXT = {
    Next.NO: "no",
    Next.YES: "yes",
    Next.IF_PROCESS_SAYS: "if the process says so",
    Next.IF_LARGER: "to a larger one",
    Next.IF_CAPABLE: "to one that can",
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(head), *map(list, rows)]
    drawn = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join([drawn[0], "|" + "---|" * len(lines[0]), *drawn[1:]]) + "\n"


def causes() -> str:
    """What each cause permits, gravest first."""
    ranked = sorted(Cause, key=lambda cause: -PERMITS[cause].gravity)
    head = ("cause", "holds", "opens after", "for", "ends by", "moves waiting calls", "same again", "next one")
    return table(head, map(_permitted, ranked))


def _permitted(cause: Cause) -> Iterator[str]:
    permits = PERMITS[cause]
    opens = permits.opens
    yield f"`{cause}`"
    yield from (("nothing", "", "", "") if opens is None else (f"`{HELD[cause]}`", *_opening(opens)))
    yield ("yes, racing" if permits.races else "yes") if permits.evacuates else "no"
    yield AGAIN[permits.again]
    yield NEXT[permits.next]


def _opening(opens: Opens) -> tuple[str, str, str]:
    number = "1 failure" if opens.after == 1 else f"{opens.after} in a row"
    if opens.ratio:
        number = f"{opens.after} and {opens.ratio:.0%} of 10 s"
    length = _spoken(opens.first_s)
    if opens.longest_s > opens.first_s:
        length += f" to {_spoken(opens.longest_s)}"
    return number, length, ENDS[opens.ending] + (", ramp" if opens.ramp else "")


def _spoken(seconds: float) -> str:
    if seconds < MINUTE:
        return f"{seconds:g} s"
    return f"{seconds / MINUTE:g} min" if seconds < HOUR else f"{seconds / HOUR:g} h"


def domains() -> str:
    """Every kind of fault domain, by the example of one deployment."""
    deployment = load(ROOT / "providers.yaml").deployments["claude-direct"]
    named = domains_of(deployment)
    holding = {kind: ", ".join(f"`{cause}`" for cause in Cause if HELD.get(cause) is kind) for kind in Kind}
    rows = (
        (f"`{kind}`", ", ".join(f"`{domain}`" for domain in named if domain.kind is kind), holding[kind])
        for kind in Kind
    )
    return table(("kind", "of `claude-direct`", "held by default for"), rows)


def scopes() -> str:
    """The seven words for how far a fault reaches."""
    return ", ".join(f"`{scope}`" for scope in Scope) + "\n"


def tree() -> str:
    """The tree of public exceptions."""
    return _fenced((errors.__doc__ or "").partition("\n\n")[2])


def verbs() -> str:
    """One line for each verb."""
    return table(("verb", "what it does"), ((f"`modelrouter {name}`", verb.help) for name, verb in VERBS.items()))


def manual() -> str:
    """The help of every verb, as it prints it, and of the verbs of those that have some of their own."""
    return "\n".join(page for name, verb in VERBS.items() for page in _pages(name, verb))


def _pages(name: str, verb: Verb) -> Iterator[str]:
    module = import_module(verb.module)
    if verb.group is None:
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name, context_settings={"terminal_width": WIDTH})(getattr(module, verb.function))
        yield f"## {name}\n\n{_fenced(_help(alone, name))}"
        return
    group: typer.Typer = getattr(module, verb.group)
    yield f"## {name}\n\n{inspect.getdoc(getattr(module, verb.function))}\n"
    for each in group.registered_commands:
        if each.callback is not None:
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(each.name, context_settings={"terminal_width": WIDTH})(each.callback)
            yield f"### {name} {each.name}\n\n{_fenced(_help(alone, f'{name} {each.name}'))}"


def _help(alone: typer.Typer, name: str) -> str:
    return CliRunner().invoke(alone, ["--help"], prog_name=f"modelrouter {name}").output


def started() -> str:
    """The first commands of a newcomer who has two keys, in an empty folder."""
    with TemporaryDirectory() as home:
        company = Path(home) / "my-company"
        company.mkdir()
        keys = {"OPENAI_API_KEY": "sk", "ANTHROPIC_API_KEY": "sk"}
        return _session(company, keys, "init --no-probe", "check", "explain assistant")


def keyless() -> str:
    """What `ask` says where no key is set."""
    with TemporaryDirectory() as home:
        keys = {"OPENAI_API_KEY": "sk", "ANTHROPIC_API_KEY": "sk"}
        _session(Path(home), keys, "init --no-probe")
        return _session(Path(home), {}, 'ask assistant "Say hello."')


def weakness() -> str:
    """What `explain` says of the weak spot of the shipped inventory."""
    keys = {"AWS_BEARER_TOKEN_BEDROCK": "key", "GEMINI_API_KEY": "key"}
    return _session(ROOT, keys, "explain medical-reports")


def misspelt() -> str:
    """What `check` says of a slip."""
    with TemporaryDirectory() as home:
        text = (ROOT / "examples" / "providers.yaml").read_text()
        (Path(home) / "providers.yaml").write_text(text.replace("family: gpt", "familly: gpt", 1))
        return _session(Path(home), {}, "check")


def suspension() -> str:
    """What `classify` says of a suspension that calls itself an invalid request."""
    body = '{"error": {"type": "invalid_request_error", "message": "This organization has been disabled."}}'
    return _session(ROOT, {}, f"classify --vendor anthropic --status 400 '{body}'")


def _session(folder: Path, variables: dict[str, str], *commands: str) -> str:
    """Commands and what they print, run in a folder with these variables and no state."""
    kept = {"PATH": os.environ["PATH"], "COLUMNS": str(WIDTH), **variables}
    shown = []
    with TemporaryDirectory() as state:
        for command in commands:
            words = [sys.executable, "-c", COMMAND, *shlex.split(command)]
            done = subprocess.run(  # noqa: S603 - our own command line
                words, cwd=folder, env={**kept, "XDG_STATE_HOME": state}, capture_output=True, text=True, check=False
            )
            lines = [line.rstrip() for line in (done.stdout + done.stderr).splitlines()]
            shown.append("\n".join([f"$ modelrouter {command}", *lines]))
    return _fenced("\n\n".join(shown), "console")


def _fenced(text: str, language: str = "text") -> str:
    return f"```{language}\n{text.strip(chr(10))}\n```\n"


def verdicts() -> str:
    """The rules of the verdicts, as the file that applies them states them."""
    return _fenced((verdict.__doc__ or "").partition("\n\n")[2])


def unrehearsed() -> str:
    """What a rehearsal on one machine leaves out, in the words of the report."""
    return table(("left out", "because"), UNREHEARSED)


def report() -> str:
    """What `report.json` holds, as the file that writes it states it."""
    return _fenced((facts.__doc__ or "").partition("\n\n")[2])


def plankeys() -> str:
    """Every key of a plan, with those inside it."""
    schema = PlanEntry.model_json_schema()
    head = ("key", "meaning", "default", "example")
    return table(head, _keys(schema, schema["$defs"], ""))


def _keys(entry: dict[str, Any], known: dict[str, Any], above: str) -> Iterator[tuple[str, ...]]:
    for key, part in entry["properties"].items():
        default = part.get("default")
        shown = "" if default is None or default in ([], {}) else f"`{flow(default)}`"
        shown = "**required**" if key in entry.get("required", ()) else shown
        yield f"`{above}{key}`", part["description"], shown, f"`{flow(part['examples'][0])}`"
        inner = next((name for name in re.findall(r"#/\$defs/(\w+)", str(part)) if name != "StoryEntry"), None)
        if inner is not None and "properties" in known[inner]:
            named = "NAME." if "additionalProperties" in part or "patternProperties" in part else ""
            yield from _keys(known[inner], known, f"{above}{key}.{named}")


def incidents() -> str:
    """What happened to others: the files, in a table."""
    head = ("id", "when", "what happened", "what fails", "lasted", "trust", "read at", "assumed")
    rows = (
        (
            f"`{each.id}`" + ("" if each.pure else " \\*"),
            each.when,
            each.title,
            "; ".join(map(str, each.case.mishaps)) or "nothing",
            each.lasted,
            each.confidence,
            ", ".join(each.sources),
            "; ".join(each.assumed),
        )
        for each in known_incidents()
    )
    note = "\n\\* not a matter of availability alone: something fails in part, for some callers, or not at all.\n"
    return table(head, rows) + note


def questions() -> str:
    """What incidents ask of people."""
    asked = ((f"`{each.id}`", question) for each in known_incidents() for question in each.questions)
    return table(("of", "question"), asked)


def misfortunes() -> str:
    """Every word for what goes wrong, and what calls meet."""
    rows = (
        (
            f"`{word}`",
            each.says,
            ", ".join(f"`{strike.effect}`" for strike in each.strikes) or "nothing: a fact alone",
            "yes" if each.local else "no",
            each.limited,
        )
        for word, each in MISFORTUNES.items()
    )
    return table(("word", "it", "calls meet", "befalls our own servers", "not played"), rows)


def reach() -> str:
    """Every fact that a scope may name."""
    whose = [(f"`{fact}`", "deployments") for fact in FACTS] + [
        (f"`{fact}`", "processes, and so callers") for fact in CALLERS
    ]
    return table(("fact", "of"), whose)


def scenarios() -> str:
    """What is played for the shipped inventory."""
    played = plan(load(ROOT / "providers.yaml"))
    rows = (
        (f"`{scenario.id}`", scenario.title, ", ".join(sorted(scenario.targets)) or "nothing") for scenario in played
    )
    return table(("scenario", "what happens", "deployments hit"), rows)


def factors() -> str:
    """What can be lost, as the file that finds it states it."""
    return _fenced((factor_graph.__doc__ or "").partition("\n\n")[2])


def events() -> str:
    """What can happen, as the file that reads it states it."""
    return _fenced((impact_events.__doc__ or "").partition("\n\n")[2])


def impacts() -> str:
    """The verdicts of impact, as the file that gives them states them."""
    return _fenced((impact_verdicts.__doc__ or "").partition("\n\n")[2])


def impactfacts() -> str:
    """What `impact --json` holds, as the file that writes it states it."""
    return _fenced((impact_facts.__doc__ or "").partition("\n\n")[2])


def lost() -> str:
    """What a loss does to two processes of the shipped inventory."""
    return _session(
        ROOT, {}, f"impact --lose provider:aws --process medical-reports --process broker-documents {ON_A_DAY}"
    )


def rests() -> str:
    """What one process of the shipped inventory rests on, and all of it."""
    return _session(ROOT, {}, f"impact {ON_A_DAY}")


def mended() -> str:
    """What would mend the shipped inventory."""
    return _session(ROOT, {}, f"impact --repair {ON_A_DAY}")


def independent() -> str:
    """What a proposed fallback shares with a route of the shipped inventory."""
    return _session(ROOT, {}, f"impact --independence claude-direct --of campaign-texts {ON_A_DAY}")


def rules() -> str:
    """The viability rules."""
    head = ("rule", "name", "usually", "finds", "because", "what to do")
    return table(head, ((f"**{r.id}**", f"`{r.name}`", r.severity, r.what, r.why, r.advice) for r in RULES))


def viability() -> str:
    """What `check` finds in the shipped inventory, on a day that stays the same."""
    return _session(ROOT, {}, f"check {ON_A_DAY}")


def carried() -> str:
    """What `capacity` says of one loss."""
    return _session(ROOT, {}, "capacity --lose provider:azure")


def ends() -> str:
    """What `calendar` says of the shipped inventory, on a day that stays the same."""
    return _session(ROOT, {}, f"calendar --stated {ON_A_DAY}")


PARTS: dict[str, Callable[[], str]] = {
    part.__name__: part
    for part in (
        causes,
        domains,
        scopes,
        tree,
        verbs,
        manual,
        verdicts,
        unrehearsed,
        report,
        plankeys,
        incidents,
        questions,
        misfortunes,
        reach,
        scenarios,
        started,
        keyless,
        weakness,
        misspelt,
        suspension,
        rules,
        viability,
        carried,
        ends,
        factors,
        events,
        impacts,
        impactfacts,
        lost,
        rests,
        mended,
        independent,
    )
}


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "docs/drill-report.schema.json": json_schema,
    "docs/drill.schema.json": plan_schema,
}
"""Whole files, beside the pages: for programs, and for editors."""


def schema_text(name: str) -> str:
    """One of them as it should stand today."""
    return f"{json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False)}\n"


def papers(root: Path) -> list[Path]:
    """Every page that may hold generated parts."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


@cache
def written(part: str) -> str:
    """A part as it should stand today."""
    return PARTS[part]()


def fresh(text: str) -> str:
    """The page with every generated part written anew."""
    return PART.sub(lambda part: f"{part[1]}{written(part[2])}{part[4]}", text)


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are stale; a folder may be given in place of the project."""
    checking = "--check" in arguments
    root = Path(next((argument for argument in arguments if not argument.startswith("-")), ROOT))
    wanted = {page: fresh(page.read_text()) for page in papers(root)}
    wanted |= {root / name: schema_text(name) for name in SCHEMAS if (root / name).exists()}
    stale = [page for page, text in wanted.items() if page.read_text() != text]
    for page in stale:
        sys.stdout.write(f"{page.relative_to(root)} {'is stale: run make docs' if checking else 'written'}\n")
        if not checking:
            page.write_text(wanted[page])
    return 1 if checking and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
