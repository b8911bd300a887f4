"""The fifteen templates of the register: their columns, which cells must be filled, and what refers to what.

Source: Commission Implementing Regulation (EU) 2024/2956, annexes I to IV, in the column numbers of the reporting
taxonomy 4.0 of the European supervisory authorities. Columns named `link` exist in the taxonomy alone.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KEYS", "REFERENCES", "TEMPLATES", "Column", "Reference", "Template"]

Need = Literal["always", "critical", "stored", "hard", ""]
"""When a cell must be filled: always; where the function is critical or important; where data are stored as well;
where the provider is not or hardly to be replaced; never."""


class Column(NamedTuple):
    """One column of a template."""

    code: str
    title: str
    need: Need = "always"
    fill: str = ""
    """Where the inventory says it; empty where it says it nowhere."""


class Template(NamedTuple):
    """One table of the register."""

    code: str
    title: str
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.code.lower()}.csv"


class Reference(NamedTuple):
    """The values of some columns must stand in those of others."""

    template: str
    columns: tuple[str, ...]
    target: str
    targets: tuple[str, ...]


def _columns(*described: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(Column(*each) for each in described)  # type: ignore[arg-type]  # a row of text is a column


_CONTRACT = ("c0010", "Contractual arrangement reference number")
_SERVICE = "processes.*.function.service_type"
_LEI = "providers.*.lei"

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        template.code: template
        for template in (
            Template(
                "B_01.01",
                "Entity maintaining the register",
                _columns(
                    ("c0010", "LEI of the entity", "always", "entity.lei"),
                    ("c0020", "Name of the entity", "always", "entity.name"),
                    ("c0030", "Country of the entity", "always", "entity.country"),
                    ("c0040", "Type of entity", "always", "entity.type"),
                    ("c0050", "Competent authority", "always", "entity.authority"),
                    ("c0060", "Date of the reporting"),
                ),
            ),
            Template(
                "B_01.02",
                "Entities within the scope",
                _columns(
                    ("c0010", "LEI of the entity", "always", "entity.lei"),
                    ("c0020", "Name of the entity", "always", "entity.name"),
                    ("c0030", "Country of the entity", "always", "entity.country"),
                    ("c0040", "Type of entity", "always", "entity.type"),
                    ("c0050", "Hierarchy of the entity within the group"),
                    ("c0060", "LEI of the direct parent undertaking"),
                    ("c0070", "Date of last update"),
                    ("c0080", "Date of integration in the register"),
                    ("c0090", "Date of deletion in the register"),
                    ("c0100", "Currency", "always", "entity.currency"),
                    ("c0110", "Value of total assets"),
                ),
            ),
            Template(
                "B_01.03",
                "Branches",
                _columns(
                    ("c0010", "Identification code of the branch"),
                    ("c0020", "LEI of the head office"),
                    ("c0030", "Name of the branch"),
                    ("c0040", "Country of the branch"),
                ),
            ),
            Template(
                "B_02.01",
                "Contractual arrangements: general information",
                _columns(
                    _CONTRACT,
                    ("c0020", "Type of contractual arrangement", "always", "contracts.*.under"),
                    ("c0030", "Overarching contractual arrangement reference number", "", "contracts.*.under"),
                    ("c0040", "Currency of the amount", "always", "contracts.*.currency"),
                    ("c0050", "Annual expense or estimated cost", "always", "contracts.*.annual_cost"),
                ),
            ),
            Template(
                "B_02.02",
                "Contractual arrangements: specific information",
                _columns(
                    _CONTRACT,
                    ("c0020", "LEI of the entity making use of the service", "always", "entity.lei"),
                    ("c0030", "Identification code of the provider"),
                    ("c0040", "Type of that code", "always", _LEI),
                    ("c0050", "Function identifier"),
                    ("c0060", "Type of ICT services", "always", _SERVICE),
                    ("c0070", "Start date of the arrangement", "always", "contracts.*.begins"),
                    ("c0080", "End date of the arrangement", "always", "contracts.*.ends"),
                    ("c0090", "Reason of the termination or ending", "", "contracts.*.termination.reason"),
                    ("c0100", "Notice period for the entity, in days", "critical", "contracts.*.notice"),
                    ("c0110", "Notice period for the provider, in days", "critical", "contracts.*.provider_notice"),
                    ("c0120", "Country of the governing law", "critical", "contracts.*.law"),
                    ("c0130", "Country of provision of the services", "critical", "deployments.*.processing"),
                    ("c0140", "Storage of data", "critical", "deployments.*.retention"),
                    ("c0150", "Location of the data at rest", "stored", "contracts.*.storage"),
                    ("c0160", "Location of processing", "always", "deployments.*.processing"),
                    ("c0170", "Sensitiveness of the data stored", "stored", "processes.*.data.class"),
                    ("c0180", "Level of reliance", "critical"),
                ),
            ),
            Template(
                "B_02.03",
                "Intra-group arrangements",
                _columns(_CONTRACT, ("c0020", "Arrangement linked to it"), ("c0030", "Link", "")),
            ),
            Template(
                "B_03.01",
                "Entities signing the arrangements",
                _columns(
                    _CONTRACT, ("c0020", "LEI of the entity signing", "always", "entity.lei"), ("c0030", "Link", "")
                ),
            ),
            Template(
                "B_03.02",
                "Providers signing the arrangements",
                _columns(
                    _CONTRACT,
                    ("c0020", "Identification code of the provider"),
                    ("c0030", "Type of that code", "always", _LEI),
                    ("c0045", "Link", ""),
                ),
            ),
            Template(
                "B_03.03",
                "Entities of the group that provide services",
                _columns(_CONTRACT, ("c0020", "LEI of the entity providing services"), ("c0031", "Link", "")),
            ),
            Template(
                "B_04.01",
                "Entities making use of the services",
                _columns(
                    _CONTRACT,
                    ("c0020", "LEI of the entity making use of the service", "always", "entity.lei"),
                    ("c0030", "Nature of the entity"),
                    ("c0040", "Identification code of the branch", ""),
                ),
            ),
            Template(
                "B_05.01",
                "Providers",
                _columns(
                    ("c0010", "Identification code of the provider"),
                    ("c0020", "Type of that code", "always", _LEI),
                    ("c0030", "Additional identification code", ""),
                    ("c0040", "Type of the additional code", ""),
                    ("c0050", "Legal name of the provider"),
                    ("c0060", "Name of the provider in Latin alphabet", ""),
                    ("c0070", "Type of person"),
                    ("c0080", "Country of the headquarters", "always", "providers.*.headquarters"),
                    ("c0090", "Currency of the amount", "always", "contracts.*.currency"),
                    ("c0100", "Total annual expense or estimated cost", "always", "contracts.*.annual_cost"),
                    ("c0110", "Identification code of the ultimate parent", "always", "providers.*.parent_lei"),
                    ("c0120", "Type of that code", "always", "providers.*.parent_lei"),
                ),
            ),
            Template(
                "B_05.02",
                "Supply chains",
                _columns(
                    _CONTRACT,
                    ("c0020", "Type of ICT services", "always", _SERVICE),
                    ("c0030", "Identification code of the provider"),
                    ("c0040", "Type of that code", "always", _LEI),
                    ("c0050", "Rank"),
                    ("c0060", "Identification code of the recipient", ""),
                    ("c0070", "Type of that code", ""),
                ),
            ),
            Template(
                "B_06.01",
                "Functions",
                _columns(
                    ("c0010", "Function identifier", "always", "processes.*.function.id"),
                    ("c0020", "Licensed activity", "always", "processes.*.function.activity"),
                    ("c0030", "Function name"),
                    ("c0040", "LEI of the entity", "always", "entity.lei"),
                    ("c0050", "Criticality or importance"),
                    ("c0060", "Reasons for it", ""),
                    ("c0070", "Date of the last assessment", "always", "processes.*.function.assessed"),
                    ("c0080", "Recovery time objective, in hours"),
                    ("c0090", "Recovery point objective, in hours", "always", "processes.*.objectives.rpo"),
                    ("c0100", "Impact of discontinuing the function"),
                ),
            ),
            Template(
                "B_07.01",
                "Assessment of the services",
                _columns(
                    _CONTRACT,
                    ("c0020", "Identification code of the provider"),
                    ("c0030", "Type of that code", "always", _LEI),
                    ("c0040", "Type of ICT services", "always", _SERVICE),
                    ("c0050", "Substitutability of the provider", "always", "contracts.*.substitutability"),
                    ("c0060", "Reason if hard to replace", "hard"),
                    ("c0070", "Date of the last audit", "always", "contracts.*.audited"),
                    ("c0080", "Existence of an exit plan", "always", "contracts.*.exit.plan"),
                    ("c0090", "Possibility of reintegration", "always", "contracts.*.exit.reintegration"),
                    ("c0100", "Impact of discontinuing the services"),
                    ("c0110", "Whether alternatives are identified"),
                    ("c0120", "Which", ""),
                ),
            ),
            Template(
                "B_99.01",
                "Definitions of the entity",
                tuple(
                    Column(f"c{number:04}", "Your own definition of a closed option") for number in range(10, 200, 10)
                ),
            ),
        )
    }
)
"""By code, in order."""

KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "B_01.01": ("c0010",),
        "B_01.02": ("c0010",),
        "B_02.01": ("c0010",),
        "B_02.02": ("c0010", "c0020", "c0030", "c0050", "c0060", "c0130", "c0150", "c0160"),
        "B_05.01": ("c0010",),
        "B_05.02": ("c0010", "c0020", "c0030", "c0050", "c0060"),
        "B_06.01": ("c0010",),
        "B_07.01": ("c0010", "c0020", "c0040"),
    }
)
"""The columns that tell the rows of a template apart."""

REFERENCES = (
    Reference("B_02.01", ("c0030",), "B_02.01", ("c0010",)),
    Reference("B_01.02", ("c0010",), "B_01.01", ("c0010",)),
    Reference("B_02.02", ("c0010",), "B_02.01", ("c0010",)),
    Reference("B_02.02", ("c0020",), "B_01.02", ("c0010",)),
    Reference("B_02.02", ("c0030",), "B_05.01", ("c0010",)),
    Reference("B_02.02", ("c0050",), "B_06.01", ("c0010",)),
    Reference("B_03.01", ("c0010",), "B_02.01", ("c0010",)),
    Reference("B_03.01", ("c0020",), "B_01.02", ("c0010",)),
    Reference("B_03.02", ("c0010",), "B_02.01", ("c0010",)),
    Reference("B_03.02", ("c0020",), "B_05.01", ("c0010",)),
    Reference("B_04.01", ("c0010",), "B_02.01", ("c0010",)),
    Reference("B_04.01", ("c0020",), "B_01.02", ("c0010",)),
    Reference("B_05.02", ("c0010",), "B_02.01", ("c0010",)),
    Reference("B_05.02", ("c0030",), "B_05.01", ("c0010",)),
    Reference("B_05.02", ("c0060",), "B_05.01", ("c0010",)),
    Reference("B_06.01", ("c0040",), "B_01.02", ("c0010",)),
    Reference("B_07.01", ("c0010", "c0020", "c0040"), "B_05.02", ("c0010", "c0030", "c0020")),
)
