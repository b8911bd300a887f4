"""What a client must be able to do here, and how it is pointed at a router."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel

import modelrouter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from compat.stand import Scene

Door = Literal["gateway", "in process"]
KEY = "unused"
SCHEMA = {
    "type": "object",
    "properties": {"policy": {"type": "string"}, "year": {"type": "integer"}},
    "required": ["policy", "year"],
    "additionalProperties": False,
}
"""Of the tool's arguments."""


class City(BaseModel):
    """The shape that is demanded."""

    city: str
    people: int


class _Version:
    """The version of a client's package, of the class as of its objects."""

    def __get__(self, _: object, owner: type[Client]) -> str:
        return version(owner.package)


class Client:
    """One client on one of its wires. It has those of the four methods that the library has."""

    name: ClassVar[str]
    package: ClassVar[str]
    """The distribution whose version counts."""
    version = _Version()
    wire: ClassVar[str]
    doors: ClassVar[tuple[Door, ...]] = ("gateway", "in process")

    def __init__(self, scene: Scene, door: Door) -> None:
        self.scene = scene
        self.door = door
        self.set_up()

    def set_up(self) -> None:
        """Make what calls."""

    @property
    def versioned(self) -> str:
        """The base address with the version."""
        return f"{self.scene.url}/v1"

    def http(self, make: Callable[..., Any]) -> Any:
        """An HTTP client, made by its class, that is a door of its own; None where the gateway is the door."""
        return make(transport=modelrouter.transport(router=self.scene.router)) if self.door == "in process" else None


if TYPE_CHECKING:
    Tool = Callable[[str, int], str]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run asynchronous work on a loop of its own."""
    return asyncio.run(work)
