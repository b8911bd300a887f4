"""What was agreed, and by whom, as written in the file: contracts and the company itself."""

from __future__ import annotations

from modelrouter.core.contracts import YEAR_S, Contract, Entity, Exit, ExportControls, Switching, Termination
from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.fields import Country, Currency, Day, Duration, Flag, Lei, Line, Name, Number, Region
from modelrouter.inventory.service_levels import ServiceLevelEntry, service_level
from modelrouter.inventory.words import Liable, Party, Reintegration, Substitutability, TerminationReason


class SuspensionEntry(Entry):
    """What the contract says about being switched off."""

    notice: Duration | None = about("How long before it they must tell you.", "30d", None, unit="duration")
    appeal: Flag | None = about("Whether you may object.", True, None)
    announced: list[Day] = about(
        "When they told you of one, as it came: what was seen is held against it.", ["2026-10-01"], [], unit="dates"
    )


class ExportControlsEntry(Entry):
    """Who answers for the lawful export of what is served."""

    liability: Liable | None = about("Who is liable: `provider`, `customer` or `shared`.", "provider", None)
    classification: Line | None = about("As the provider states it.", "EAR99", None)
    licence: Line | None = about("The licence or exception that it rests on.", "NLR", None)
    notice: Duration | None = about(
        "How long before access ends for such a reason they must tell you.", "0h", None, unit="duration"
    )


class TerminationEntry(Entry):
    """That notice was given: `ends` is the last day then, whatever the contract says of renewal."""

    given: Day | None = about("When.", "2026-11-02", None, unit="date")
    by: Party | None = about("By whom: `us` or `provider`.", "us", None)
    reason: TerminationReason | None = about(
        "Why: `expired`, `breach`, `impediments`, `security`, `authority` or `other`.", "expired", None
    )


class ExitEntry(Entry):
    """Your plan for leaving the provider."""

    plan: Flag | None = about("Whether there is one.", True, None)
    tested: Day | None = about("When it was last tested.", "2026-05-20", None, unit="date")
    reintegration: Reintegration | None = about(
        "How readily the work could be taken back into your own house: `easy`, `difficult` or `complex`.",
        "difficult",
        None,
    )
    every: Duration = about("How often it is to be tested.", "365d", YEAR_S, unit="duration", written="365d")


class SwitchingEntry(Entry):
    """What the contract says about moving to another provider."""

    notice: Duration | None = about("How long before you must say so.", "60d", None, unit="duration")
    transition: Duration | None = about("How long they must help.", "30d", None, unit="duration")
    retrieval: Duration | None = about("How long you can still fetch your data.", "30d", None, unit="duration")
    charges: Flag | None = about("Whether moving costs anything.", False, None)
    assets: list[Line] = about("What you may take along.", ["logs", "batch files"], [])
    format: Line | None = about("In which form.", "JSONL", None)
    tested: Day | None = about("When you last did it for practice.", "2026-05-20", None, unit="date")
    every: Duration = about("How often it is to be practised.", "365d", YEAR_S, unit="duration", written="365d")


class ContractEntry(Entry):
    """What was agreed with a provider."""

    reference: Line | None = about("Its number in your own register. By default the entry's name.", "C-2024-117", None)
    under: Name | None = about(
        "The overarching contract that it is made under; that one needs no provider of its own.",
        "group-framework",
        None,
    )
    begins: Day | None = about("Its first day.", "2024-07-01", None, unit="date")
    ends: Day | None = about("Its last day.", "2027-06-30", None, unit="date")
    renews: Duration | None = about(
        "By how long it goes on where nobody gives notice. By default it ends.", "365d", None, unit="duration"
    )
    notice: Duration | None = about("How long before its end you must say so.", "60d", None, unit="duration")
    provider_notice: Duration | None = about(
        "How long before they stop they must say so.", "90d", None, unit="duration"
    )
    termination: TerminationEntry | None = about(
        "That notice was given, once it was.", {"given": "2026-11-02", "by": "us", "reason": "expired"}, None
    )
    suspension: SuspensionEntry = about("What it says about being switched off.", {"notice": "0h", "appeal": True}, {})
    sla: ServiceLevelEntry = about("Its service levels.", {"availability": "99.9%"}, {})
    export_controls: ExportControlsEntry = about(
        "Who answers for export controls.", {"liability": "provider", "classification": "EAR99"}, {}
    )
    log_export: Flag | None = about("Whether you may take your logs with you.", True, None)
    audit_rights: Flag | None = about("Whether you and your supervisor may audit.", False, None)
    audited: Day | None = about("When you last did.", "2025-11-12", None, unit="date")
    law: Country | None = about("The country whose law governs it.", "DE", None, unit="ISO 3166 country")
    storage: list[Region] = about("Where your data rests.", ["DE"], [], unit="countries or regions")
    subcontractors: list[Name] = about(
        "What the service stands on, the nearest first: upstreams and other providers.", ["aws"], []
    )
    currency: Currency | None = about("In which its cost is stated.", "EUR", None, unit="ISO 4217 code")
    annual_cost: Number | None = about("What it costs a year.", 240000, None, unit="the contract's currency")
    substitutability: Substitutability | None = about(
        "How readily another could take the provider's place: `none`, `hard`, `medium` or `easy`.", "medium", None
    )
    exit: ExitEntry = about("Your plan for leaving.", {"plan": True, "tested": "2026-05-20"}, {})
    switching: SwitchingEntry = about("What it says about moving elsewhere.", {"transition": "30d"}, {})


class EntityEntry(Entry):
    """The company whose inventory this is, for registers."""

    name: Line = about("Its legal name.", "Example Bank AG")
    lei: Lei | None = about("Its Legal Entity Identifier.", "529900T8BM49AURSDO55", None, unit="ISO 17442")
    country: Country | None = about("Where it is registered.", "DE", None, unit="ISO 3166 country")
    authority: Line | None = about("Who supervises it.", "BaFin", None)
    type: Line | None = about("What kind of company it is.", "insurance undertaking", None)
    currency: Currency | None = about("In which it reports.", "EUR", None, unit="ISO 4217 code")


def contract(name: str, entry: ContractEntry) -> Contract:
    """The value of an entry."""
    leaving, export, over = entry.exit, entry.export_controls, entry.termination
    return Contract(
        id=name,
        reference=entry.reference,
        under=entry.under,
        begins=entry.begins,
        ends=entry.ends,
        renews_s=entry.renews if over is None else None,
        notice_s=entry.notice,
        provider_notice_s=entry.provider_notice,
        termination=None if over is None else Termination(given=over.given, reason=over.reason, by=over.by),
        suspension_notice_s=entry.suspension.notice,
        announced=tuple(entry.suspension.announced),
        appeal=entry.suspension.appeal,
        sla=service_level(entry.sla),
        export_controls=ExportControls(
            liability=export.liability,
            classification=export.classification,
            licence=export.licence,
            notice_s=export.notice,
        ),
        log_export=entry.log_export,
        audit_rights=entry.audit_rights,
        audited=entry.audited,
        law=entry.law,
        storage=tuple(entry.storage),
        subcontractors=tuple(entry.subcontractors),
        currency=entry.currency,
        annual_cost=entry.annual_cost,
        substitutability=entry.substitutability,
        exit=Exit(plan=leaving.plan, tested=leaving.tested, reintegration=leaving.reintegration, every_s=leaving.every),
        switching=_switching(entry.switching),
    )


def _switching(entry: SwitchingEntry) -> Switching:
    return Switching(
        notice_s=entry.notice,
        transition_s=entry.transition,
        retrieval_s=entry.retrieval,
        charges=entry.charges,
        assets=tuple(entry.assets),
        format=entry.format,
        tested=entry.tested,
        every_s=entry.every,
    )


def entity(entry: EntityEntry | None) -> Entity | None:
    """The value of an entry."""
    return Entity(**entry.model_dump()) if entry is not None else None
