"""What was agreed with providers, and who agreed to it: the facts that registers and supervisors ask for.

None and empty mean that nobody has said. Durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

__all__ = ["Contract", "Entity", "Exit", "Reintegration", "Substitutability", "Switching"]

Substitutability = Literal["none", "hard", "medium", "easy"]
"""How readily another could take a provider's place, in the four steps of DORA's register (B_07.01)."""
Reintegration = Literal["easy", "difficult", "complex"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """The plan for leaving a provider."""

    plan: bool | None = None
    """Whether there is one."""
    tested: date | None = None
    reintegration: Reintegration | None = None
    """How readily the work could be taken back into one's own house."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switching:
    """What the contract says about moving to another provider (Regulation (EU) 2023/2854, articles 23 to 31)."""

    notice_s: float | None = None
    transition_s: float | None = None
    retrieval_s: float | None = None
    """How long data can still be fetched afterwards."""
    charges: bool | None = None
    assets: tuple[str, ...] = ()
    """What may be taken along."""
    format: str | None = None
    tested: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What was agreed with a provider."""

    id: str
    reference: str | None = None
    """Its number in one's own register; None: `id` serves."""
    begins: date | None = None
    ends: date | None = None
    """Its last day."""
    renews_s: float | None = None
    """By how long it goes on where nobody gives notice; None: it ends."""
    notice_s: float | None = None
    """How long before its end we must say so."""
    provider_notice_s: float | None = None
    """How long before they stop they must say so."""
    suspension_notice_s: float | None = None
    appeal: bool | None = None
    availability: float | None = None
    log_export: bool | None = None
    audit_rights: bool | None = None
    audited: date | None = None
    law: str | None = None
    """The country whose law governs it."""
    storage: tuple[str, ...] = ()
    """Where data rests."""
    subcontractors: tuple[str, ...] = ()
    """Upstreams and providers that the service stands on, the nearest first."""
    currency: str | None = None
    annual_cost: float | None = None
    substitutability: Substitutability | None = None
    exit: Exit = Exit()
    switching: Switching = Switching()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """The company whose inventory this is."""

    name: str
    lei: str | None = None
    """Its Legal Entity Identifier, ISO 17442."""
    country: str | None = None
    authority: str | None = None
    """Who supervises it."""
    type: str | None = None
    currency: str | None = None
