from __future__ import annotations

from random import Random

import pytest

from modelrouter.ledger.ed25519 import Secret, verify
from modelrouter.ledger.verifier import ORDER, genuine

RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
"""Section 7.1, tests 1 to 3: secret, public, message, signature."""


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_the_vectors_of_the_rfc(secret: str, public: str, message: str, signature: str) -> None:
    """The library signs as the RFC has it, and both verifiers say so."""
    key = Secret(bytes.fromhex(secret))

    assert public == key.public.hex()
    assert signature == key.sign(bytes.fromhex(message)).hex()
    assert genuine(key.public, bytes.fromhex(message), bytes.fromhex(signature))
    assert verify(key.public, bytes.fromhex(message), bytes.fromhex(signature))


def test_both_verifiers_agree() -> None:
    """Of the library and the stand-alone file, on true signatures and on ones with a flipped bit anywhere."""
    random = Random(8032)
    for _ in range(60):
        key, message = Secret(random.randbytes(32)), random.randbytes(random.randrange(80))
        parts = [bytearray(key.public), bytearray(message + b"."), bytearray(key.sign(message + b"."))]
        assert genuine(*map(bytes, parts))
        part = random.choice(parts)
        part[random.randrange(len(part))] ^= 1 << random.randrange(8)
        assert not verify(*map(bytes, parts))
        assert not genuine(*map(bytes, parts))


@pytest.mark.parametrize("both", [verify, genuine])
def test_a_signature_has_one_form(both: object) -> None:
    """The second half plus the order of the group signs nothing, and neither does a signature of another length."""
    key = Secret(bytes(range(32)))
    true = key.sign(b"text")
    second = int.from_bytes(true[32:], "little") + ORDER
    assert callable(both)

    assert both(key.public, b"text", true)
    assert not both(key.public, b"text", true[:32] + second.to_bytes(32, "little"))
    assert not both(key.public, b"text", true[:63])
    assert not both(key.public, b"text", true + b"\x00")
    assert not both(b"\xff" * 32, b"text", true)


def test_a_secret_does_not_show_itself() -> None:
    """Neither in its form for people nor for programmers."""
    key = Secret(bytes(range(32)))

    assert bytes(range(32)).hex() not in f"{key!r} {key!s} {vars(key)}"
    with pytest.raises(ValueError, match="32"):
        Secret(b"short")
