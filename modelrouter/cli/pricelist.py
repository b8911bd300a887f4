"""The price list of the installed LiteLLM, read as data: the library itself is not loaded, and nothing is fetched."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from modelrouter.continuity.calendar import Listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["PriceList", "price_list"]

NAME = "model_prices_and_context_window_backup.json"


class PriceList(NamedTuple):
    """What it says, and where it comes from."""

    models: Mapping[str, Mapping[str, Any]]
    """What it says of each, by the names that LiteLLM gives them."""
    source: str
    """`litellm 1.106.2`; where there is no list, why not."""
    found: bool

    @property
    def lines(self) -> tuple[Listed, ...]:
        """What ends when."""
        return tuple(_lines(self.models))


def price_list(file: Path | None = None) -> PriceList:
    """Read a list in LiteLLM's form: that of the installed library, or another file. A broken one is told, not raised."""
    source = str(file)
    if file is None:
        try:
            installed = distribution("litellm")
        except PackageNotFoundError:
            return PriceList({}, "litellm is not installed", found=False)
        source = f"litellm {installed.version}"
        paths = (each for each in installed.files or () if each.name == NAME)
        file = next((Path(str(installed.locate_file(each))) for each in paths), None)
        if file is None:
            return PriceList({}, f"{source} has no {NAME}", found=False)
    try:
        models = orjson.loads(file.read_bytes())
    except OSError as error:
        return PriceList({}, f"{source} cannot be read: {error.strerror}", found=False)
    except orjson.JSONDecodeError:
        return PriceList({}, f"{source} is no JSON", found=False)
    if not isinstance(models, dict):
        return PriceList({}, f"{source} is no list of models", found=False)
    known = {name: facts for name, facts in models.items() if isinstance(facts, dict)}
    return PriceList(known, source, found=True)


def _lines(models: Mapping[str, Mapping[str, Any]]) -> Iterator[Listed]:
    for name, facts in models.items():
        channel = facts.get("litellm_provider")
        if isinstance(channel, str):
            yield Listed(name, channel, _day(facts.get("deprecation_date")))


def _day(value: object) -> date | None:
    """A date; one line of the list holds an explanation in its place."""
    with suppress(ValueError):
        return date.fromisoformat(value) if isinstance(value, str) else None
    return None
