"""The tables of rules: well formed, and none fires on another cause's text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.core.inventory import Signature
from modelrouter.core.signatures import TABLES, VENDORS, the_book, vendor_of
from modelrouter.core.signatures.book import Shelf, build
from modelrouter.core.signatures.rule import GAP, Rule, keys, pattern, squash, terms
from modelrouter.core.unwrap import read
from modelrouter.inventory import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.core.unwrap import Reading

RULES = [(table, rule) for table, rules in TABLES.items() for rule in rules]
WORDINGS = [(table, rule, wording) for table, rule in RULES for wording in rule.text]
ALL_WORDINGS = [(table, wording) for table, rule in RULES for wording in (*rule.text, *rule.also, *rule.unless)]


def spoken(wording: str) -> str:
    """Say a wording: the first of each choice, three words in each gap."""
    said = re.sub(r"\(([^)]*)\)", lambda match: match.group(1).split("|")[0], wording)
    return " ".join(said.replace(" * ", " of the kind ").split())


def test_rules_have_names_of_their_own() -> None:
    """Within a table no two rules share a name, so that a fault points to one rule."""
    for table, rules in TABLES.items():
        names = [rule.id for rule in rules]

        assert len(set(names)) == len(names), table


def test_fields_of_rules_are_tuples() -> None:
    """A forgotten comma would make a rule of letters; none is there."""
    for table, rule in RULES:
        assert all(isinstance(part, tuple) for part in (rule.codes, rule.text, rule.also, rule.unless)), (
            table,
            rule.id,
        )
        assert rule.codes or rule.text, (table, rule.id)


def test_wordings_are_in_the_language() -> None:
    """Each wording is lower case, compiles, and has a key word by which it is found."""
    for table, wording in ALL_WORDINGS:
        assert wording == wording.lower(), (table, wording)
        assert pattern(wording).pattern, (table, wording)
        assert "*" not in wording.replace(" * ", " "), (table, wording)
        assert all(part.count("(") == part.count(")") for part in wording.split(" * ")), (table, wording)
    for table, _, wording in WORDINGS:
        assert keys(wording), (table, wording)


def test_wordings_have_few_gaps() -> None:
    """At most two gaps a wording, so that matching stays linear in the text."""
    for table, wording in ALL_WORDINGS:
        assert wording.count(" * ") <= 2, (table, wording)


def test_a_wording_is_found_by_its_keys() -> None:
    """Said aloud, a wording matches, and one of its key words stands in the text."""
    for table, _, wording in WORDINGS:
        said = spoken(wording)

        assert pattern(wording).search(said), (table, wording, said)
        assert set(keys(wording)) & set(terms(said)), (table, wording, said)


KIN = {
    frozenset(pair)
    for pair in (
        # told apart by the status or by more words, not by these
        (Cause.THROTTLED, Cause.QUOTA_EXHAUSTED),
        (Cause.CONTEXT_OVERFLOW, Cause.REQUEST_TOO_LARGE),
        (Cause.SUSPENDED, Cause.QUOTA_EXHAUSTED),
        (Cause.PERMISSION, Cause.MODEL_UNAVAILABLE),
        (Cause.PERMISSION, Cause.AUTH),
        (Cause.OVERLOADED, Cause.THROTTLED),
        (Cause.OVERLOADED, Cause.OUTAGE),
        (Cause.OVERLOADED, Cause.MODEL_UNAVAILABLE),
        (Cause.OUTAGE, Cause.NETWORK),
        (Cause.OUTAGE, Cause.MODEL_UNAVAILABLE),
        (Cause.NETWORK, Cause.TIMEOUT),
        (Cause.OUTAGE, Cause.TIMEOUT),
        (Cause.OVERLOADED, Cause.TIMEOUT),
        (Cause.UNSUPPORTED_FEATURE, Cause.MODEL_UNAVAILABLE),
        (Cause.UNSUPPORTED_FEATURE, Cause.BAD_REQUEST),
        (Cause.NETWORK, Cause.PERMISSION),
        (Cause.SUSPENDED, Cause.PERMISSION),
        (Cause.SUSPENDED, Cause.AUTH),
    )
}
HELD = (Cause.SUSPENDED, Cause.GEOFENCED, Cause.EXPORT_CONTROLLED)


def collisions() -> Iterator[tuple[str, str, str, str]]:
    """Every wording, said to its own vendor, that is taken for a cause which is no kin of its own."""
    for table, rule, wording in WORDINGS:
        status = min(rule.status, default=None) or None
        said = f"{spoken(wording)} {spoken(rule.also[0]) if rule.also else ''}"
        found = classify(Evidence(vendor=table, surface="http", status=status, body=said)).cause
        if found is not rule.cause and frozenset((found, rule.cause)) not in KIN:
            yield table, rule.id, wording, str(found)


def test_no_wording_means_another_cause() -> None:
    """Said to its own vendor, each wording yields its rule's cause or one that the status tells apart."""
    assert list(collisions()) == []


def test_only_words_of_power_hold_by_power() -> None:
    """No wording of another cause is taken for a suspension, a geofence or an order."""
    wrong = [
        (table, rule.id, wording)
        for table, rule, wording in WORDINGS
        if rule.cause not in HELD
        and classify(Evidence(vendor=table, status=min(rule.status, default=None) or None, body=spoken(wording))).cause
        in HELD
        and rule.cause is not Cause.QUOTA_EXHAUSTED
    ]

    assert wrong == []


def test_codes_mean_their_rule() -> None:
    """A code in a field of its own vendor's answer names its rule's cause, or that of an earlier rule of the table."""
    for table, rule in RULES:
        for code in () if rule.text or rule.also or rule.status or table in {"edge", "weak"} else rule.codes:
            found = classify(Evidence(vendor=table, status=418, body=f'{{"error": {{"code": "{code}"}}}}')).cause
            accepted = {other.cause for other in TABLES[table] if squash(code) in map(squash, other.codes)}

            assert found in accepted, (table, rule.id, code, found)


def test_a_word_inside_a_word_is_no_match() -> None:
    """Wordings end at the edges of words: `auth` is not in `author`."""
    assert pattern("auth").search("no auth here")
    assert not pattern("auth").search("the author")
    assert not pattern("auth").search("oauth2")


def test_a_gap_is_bounded() -> None:
    """A gap spans at most its sixty characters."""
    assert pattern("model * gone").search(f"model {'x' * (GAP - 2)} gone")
    assert not pattern("model * gone").search(f"model {'x' * (GAP + 1)} gone")


def test_a_wording_without_a_word_is_refused() -> None:
    """A wording that no key word could find is an error when the tables are read."""
    with pytest.raises(ValueError, match="no word of its own"):
        keys("(a|)(b|)")


def test_vendors_go_by_many_names() -> None:
    """Aliases lead to one table, unknown names to the generic rules."""
    assert vendor_of("Claude") == "anthropic"
    assert vendor_of("vertex_ai") == "gemini"
    assert vendor_of("nobody") == "generic"
    assert set(VENDORS.values()) <= set(TABLES)


def test_the_book_is_built_once() -> None:
    """The rules of all vendors are indexed at their first use and then kept."""
    assert the_book() is the_book()


def test_a_vendor_reads_its_own_shelf_first() -> None:
    """A vendor's rule is sure of its own errors, less so of another's; a code of digits is no code to others."""
    rule = Rule("own", Cause.THROTTLED, Scope.KEY, codes=("1234", "slow_as_snow"))
    book = build([Shelf("acme", 1.0, (rule,), only="acme"), Shelf("acme", 0.7, (rule,), but="acme")])
    by_name, by_number = (read(f'{{"code": "{code}"}}', 429, {}) for code in rule.codes[::-1])

    def certainty(reading: Reading, vendor: str) -> float | None:
        match = book.find(reading, vendor)
        return match and match.entry.certainty

    assert [certainty(by_name, vendor) for vendor in ("acme", "other")] == [1.0, 0.7]
    assert [certainty(by_number, vendor) for vendor in ("acme", "other")] == [1.0, None]


def test_a_plain_word_is_a_code_in_a_field_alone() -> None:
    """`forbidden` as a code counts where a field or a header holds it, not in a sentence."""
    book = build([Shelf("acme", 1.0, (Rule("no", Cause.PERMISSION, Scope.KEY, codes=("forbidden",)),))])

    assert book.find(read('{"code": "Forbidden"}', 400, {}))
    assert book.find(read("", 400, {"x-error-code": "Forbidden"}))
    assert book.find(read('{"message": "forbidden fruit"}', 400, {})) is None


def test_a_rule_needs_all_it_names() -> None:
    """`also`, `unless` and the status narrow a rule."""
    credit = next(rule for rule in TABLES["anthropic"] if rule.id == "request_not_allowed")

    assert isinstance(credit, Rule)
    assert classify(Evidence(vendor="anthropic", status=403, body="Request not allowed")).cause == Cause.GEOFENCED
    assert classify(Evidence(vendor="anthropic", status=400, body="Request not allowed")).cause != Cause.GEOFENCED


def test_an_operators_rule_comes_first() -> None:
    """A signature of the inventory outweighs every rule, within its provider and status."""
    rule = Signature(
        id="house", cause="throttled", scope="model", text="Organization  HAS been", provider="anthropic", status=400
    )
    evidence = Evidence(vendor="anthropic", status=400, body='{"message": "This organization has been disabled."}')

    fault = classify(evidence, [rule])

    assert (fault.cause, fault.scope, fault.rule) == (Cause.THROTTLED, Scope.MODEL, "inventory.house")
    assert classify(Evidence(vendor="openai", status=400, body=evidence.body), [rule]).cause == Cause.SUSPENDED
    assert classify(Evidence(vendor="anthropic", status=403, body=evidence.body), [rule]).cause == Cause.SUSPENDED


def test_an_operators_rule_knows_a_provider_by_any_name() -> None:
    """A signature for `aws` is read on Bedrock's answers, and on nobody else's."""
    rule = Signature(id="house", cause="permission", scope="account", text="ask the platform team", provider="aws")

    assert (
        classify(Evidence(vendor="bedrock", status=500, body="Ask the platform team"), [rule]).cause == Cause.PERMISSION
    )
    assert classify(Evidence(vendor="nobody", status=500, body="Ask the platform team"), [rule]).cause == Cause.OUTAGE


def test_an_operators_rule_may_mean_one_provider() -> None:
    """Of two providers of one vendor, a signature that names one by its id is not read on the other's answers."""
    described = parse(
        "inventory: own\n"
        "providers: {acme-eu: {headquarters: DE, vendor: openai}, acme-us: {headquarters: US, vendor: openai}}\n"
        "signatures:\n"
        "  - {id: eu, provider: acme-eu, text: glacier melted, cause: quota_exhausted, scope: account}\n"
        "  - {id: both, provider: openai, text: glacier melted, cause: outage, scope: provider}\n"
    )

    def rule(provider: str = "") -> str:
        seen = Evidence(vendor="openai", body="Glacier melted", provider=provider)
        return classify(seen, described.signatures).rule

    assert rule("acme-eu") == "inventory.eu"
    assert rule("acme-us") == "inventory.both"
    assert rule() == "inventory.both"


def test_a_provider_named_like_a_vendor_is_meant_alone() -> None:
    """An id of the inventory goes before the vendor of the same name: its signature spares the vendor's other providers."""
    described = parse(
        "inventory: own\n"
        "providers: {openai: {headquarters: US}, reseller: {headquarters: US, vendor: openai}}\n"
        "signatures: [{id: own, provider: openai, text: glacier melted, cause: quota_exhausted, scope: account}]\n"
    )
    seen = {
        name: classify(
            Evidence(vendor="openai", provider=name, status=500, body="glacier melted"), described.signatures
        ).rule
        for name in ("openai", "reseller")
    }

    assert seen == {"openai": "inventory.own", "reseller": "status.500"}
