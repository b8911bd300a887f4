"""What a ledger's entries say of each deployment: every call of a trail, streams that broke off, holds, and gaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from support.recorded import Hop, Story, asked, ended, held, seconds

from modelrouter.core.windows import minute_of
from modelrouter.governance.contracts.record import ANSWERED, HELD, OUTRUN, Record, Recorded, read
from modelrouter.ledger.entry import Draft, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

AT = seconds("2026-09-08 09:00:30")
MINUTE = minute_of(AT)


def recorded(drafts: Iterable[Draft], origin: str = "o") -> list[Recorded]:
    """Entries with these values, numbered as they come."""
    return [
        Recorded(origin, number, str(each.kind), each.time / 1e6, each.values) for number, each in enumerate(drafts)
    ]


def seen(drafts: Iterable[Draft]) -> Record:
    """What they say."""
    return read(recorded(drafts))


def endings(record: Record, deployment: str, minute: int = MINUTE) -> dict[str, int]:
    """How its calls of a minute ended; what comes to nothing is left out."""
    return {how: times for how, times in record.minutes.get(deployment, {}).get(minute, Counter()).items() if times}


def test_a_call_that_failed_counts_also_where_another_saved_the_request() -> None:
    """Each call of a trail counts for its own deployment, and the failure is kept with its entry."""
    record = seen(Story().request(AT, "p", Hop("a", "outage", 503, 0.0, 0.5, evidence="busy"), Hop("b", at_s=0.5)))
    (failure,) = record.failures

    assert (endings(record, "a"), endings(record, "b")) == ({"outage": 1}, {ANSWERED: 1})
    assert (failure.deployment, failure.cause, failure.status, failure.process) == ("a", "outage", 503, "p")
    assert (failure.at, failure.took_s, failure.number, failure.evidence) == (AT, 0.5, 1, "busy")
    assert record.requests["p"][MINUTE] == {"served": 1}


def test_a_call_counts_for_the_minute_in_which_it_began() -> None:
    """A request of 9:00:30 whose second call begins 40 s later: one call in each minute, though the entry is of 9:02."""
    record = seen(Story().request(AT, "p", Hop("a", "timeout", None, 0.0, 40.0), Hop("b", at_s=40.0, took_s=60.0)))

    assert endings(record, "a") == {"timeout": 1}
    assert endings(record, "b", MINUTE + 1) == {ANSWERED: 1}


def test_what_was_not_called_or_not_waited_for_is_told_apart() -> None:
    """A call that was outrun, and one that a hold kept away, with the cause of that hold."""
    story = Story()
    record = seen(
        [
            held(AT - 60, "deployment:a", "outage"),
            *story.request(AT, "p", Hop("a", held="deployment:a"), Hop("b", outrun=True), Hop("c")),
            held(AT + 1, "deployment:a", None),
            *story.request(AT + 2, "p", Hop("a", held="account:x/main"), Hop("c")),
        ]
    )

    assert endings(record, "a") == {f"{HELD}outage": 1, HELD: 1}  # nobody told of a hold on the account
    assert (endings(record, "b"), endings(record, "c")) == ({OUTRUN: 1}, {ANSWERED: 2})
    assert record.failures == []


def streamed(*after: Draft, hops: tuple[Hop, ...] = (Hop("a"),)) -> Record:
    """A request for a stream, its decision at the first content, and what came after."""
    made = Story().request(AT, "p", *hops, streamed=True)
    return seen([*made, *after])


def test_a_stream_that_broke_off_is_a_failed_call() -> None:
    """It was answered at first, which is taken back; one that ended well, or was left by its caller, is an answer."""
    cut = streamed(ended("mr_00000001", AT + 9, "cut", "network"))
    (failure,) = cut.failures

    assert endings(cut, "a") == {"network": 1}
    assert (failure.cut, failure.cause, failure.number) == (True, "network", 2)
    for outcome in ("complete", "left"):
        assert endings(streamed(ended("mr_00000001", AT + 9, outcome)), "a") == {ANSWERED: 1}


def test_a_stream_that_went_on_elsewhere_failed_where_it_broke_off() -> None:
    """The first deployment's call failed though the caller got a whole answer; the second one answered."""
    record = streamed(ended("mr_00000001", AT + 9, "complete", "outage", Hop("b", at_s=5.0)))

    assert (endings(record, "a"), endings(record, "b")) == ({"outage": 1}, {ANSWERED: 1})


def test_our_own_end_is_nobodys_failure() -> None:
    """A stream whose writer was killed stays answered; a request that nobody decided is counted as interrupted."""
    gone = Draft(
        Kind.DECISION,
        round(AT * 1e6),
        {"id": "mr_2", "process": "p", "outcome": "interrupted", "served_by": None, "trail": [], "took_s": None},
    )
    record = streamed(ended("mr_00000001", AT + 9, "cut", "interrupted"), gone)

    assert (endings(record, "a"), record.failures, record.interrupted) == ({ANSWERED: 1}, [], 1)


def test_requests_of_several_shards_are_not_mixed_up() -> None:
    """The same id in two shards: the stream that broke off is the one of its own."""
    one = recorded(Story().request(AT, "p", Hop("a"), streamed=True), "o/0")
    other = recorded(
        [*Story().request(AT, "p", Hop("b"), streamed=True), ended("mr_00000001", AT, "cut", "outage")], "o/1"
    )
    record = read([*one, *other])

    assert (endings(record, "a"), endings(record, "b")) == ({ANSWERED: 1}, {"outage": 1})


def test_what_cannot_be_read_is_counted_and_not_guessed() -> None:
    """Redacted trails, hops of another form, streams whose decision is not there; and entries that were lost."""
    bare = {"id": "mr_9", "process": "p", "outcome": "served", "took_s": 1.0}
    record = seen(
        [
            Draft(Kind.DECISION, 1, bare),
            Draft(Kind.DECISION, 2, {**bare, "trail": ["?", {"deployment": "a"}, Hop("a").told()]}),
            Draft(Kind.STREAM, 3, {"id": "mr_9", "outcome": "cut", "cause": "outage"}),
            ended("mr_8", AT, "complete", None, Hop("b")),
            Draft(Kind.GAP, 5, {"lost": 17, "from": 1, "to": 2, "why": "disk full"}),
        ]
    )

    assert (record.unreadable, record.lost, record.entries) == (1 + 2 + 1 + 1, 17, 5)
    assert sum(map(len, record.minutes.values())) == 1


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False, width=16)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(
    st.sampled_from(
        ["id", "process", "outcome", "served_by", "trail", "took_s", "streamed", "cause", "domain", "after", "lost"]
    ),
    VALUES,
)


@given(
    st.lists(st.tuples(st.sampled_from(["request", "decision", "stream", "hold", "gap", "other"]), FIELDS), max_size=12)
)
def test_whatever_entries_hold_they_are_read(told: list[tuple[str, Any]]) -> None:
    """Entries of any form are counted or passed over, and never end the reading."""
    record = read(Recorded("o", number, kind, 1.0 * number, values) for number, (kind, values) in enumerate(told))

    assert record.entries == len(told)


REQUESTS = st.lists(
    st.tuples(
        st.integers(0, 600),
        st.lists(
            st.tuples(st.sampled_from(["a", "b"]), st.sampled_from([None, "outage", "throttled"]), st.booleans()),
            min_size=1,
            max_size=3,
        ),
    ),
    max_size=20,
)


@given(REQUESTS, st.randoms(use_true_random=False))
def test_decisions_may_be_read_in_any_order(requests: list[Any], random: Any) -> None:
    """Whole answers hang on nothing but their own entry: shards can be read one after another."""
    story = Story()
    entries = recorded(
        draft
        for after, hops in requests
        for draft in story.request(AT + after, "p", *(Hop(name, cause, outrun=out) for name, cause, out in hops))
    )
    shuffled = list(entries)
    random.shuffle(shuffled)
    one, other = read(entries), read(shuffled)

    assert (one.minutes, one.requests) == (other.minutes, other.requests)
    assert sorted(one.failures) == sorted(other.failures)
    assert {**asdict(one), "minutes": 0, "requests": 0, "failures": 0} == {
        **asdict(other), "minutes": 0, "requests": 0, "failures": 0,
    }  # fmt: skip


def test_a_request_that_asked_for_no_stream_is_not_remembered_as_one() -> None:
    """A stray end of a stream changes nothing that was answered whole."""
    whole = Story().request(AT, "p", Hop("a"))
    record = seen([*whole, ended("mr_00000001", AT + 1, "cut", "outage")])

    assert endings(record, "a") == {ANSWERED: 1}
    assert asked("x", "p")["streamed"] is False
