"""Every caller's wire over every deployment's wire, whole and streamed, through real SDKs and real sockets."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from crosswire.cases import CALLERS, CASES
from crosswire.refusals import ANYBODY, LOST, REFUSALS, REFUSED, lost, refused
from crosswire.stage import SEATS, staged

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.anyio,
    # litellm 1.106.2 looks at every attribute of pydantic objects, deprecated ones included.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
    # It keeps the clients of a closed event loop, and lets go of them with a warning.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
ALL = list(product(CALLERS, SEATS, CASES))


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Twins live on asyncio."""
    return "asyncio"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("caller", "seat", "case"), ALL)
async def test_any_wire_over_any_other(tmp_path: Path, caller: str, seat: str, case: str, *, stream: bool) -> None:
    """What the caller's SDK gets is what the twin said, or the request is refused as the table says."""
    wanted, check = CASES[case]
    async with staged(tmp_path, seat) as stage:
        talk = CALLERS[caller](stage.router, wanted)
        try:
            if refused(caller, seat, case):
                with pytest.raises(REFUSALS):
                    await check(talk, stage, stream=stream)
                return
            await check(talk, stage, stream=stream)
        finally:
            await talk.close()

    assert stage.losses == lost(caller, seat, case)


def test_the_tables_name_what_there_is() -> None:
    """No entry of the tables is for a wire or a case that the matrix does not play, and none is in both."""
    callers = {*CALLERS, ANYBODY}

    assert all(caller in callers and seat in SEATS and case in CASES for caller, seat, case in {**REFUSED, **LOST})
    assert not REFUSED.keys() & LOST.keys()
