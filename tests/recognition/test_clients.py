"""The operator's key file: what it may hold, and what is said when it cannot be used."""

from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from deploy.local.keys import credential_key
from services.kernel.errors import Refused
from services.recognition.clients import KeyFile
from tests.recognition.world import ISSUER, pem

ED25519 = ed25519.Ed25519PrivateKey.generate()
P256 = ec.generate_private_key(ec.SECP256R1())
PUBLIC = P256.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "key.pem"


def test_the_first_key_signs_and_all_verify(file: Path) -> None:
    file.write_text(f"# since 2026\n{pem(ED25519)}\n# until then\n{PUBLIC}")
    keys = KeyFile(file)
    assert [key.algorithm for key in keys.public_keys()] == ["EdDSA", "ES256"]
    token = keys.sign(ISSUER, {"iss": ISSUER.did})
    assert jwt.get_unverified_header(token) == {
        "alg": "EdDSA",
        "typ": "JWT",
        "kid": f"{ISSUER.did}#{keys.public_keys()[0].id}",
    }
    assert jwt.decode(token, ED25519.public_key(), ["EdDSA"]) == {"iss": ISSUER.did}


def test_what_is_published_is_public_only(file: Path) -> None:
    file.write_text(pem(ED25519) + pem(P256) + pem(rsa.generate_private_key(65537, 2048)))
    members = [set(key.jwk) for key in KeyFile(file).public_keys()]
    assert members == [{"crv", "kty", "x"}, {"crv", "kty", "x", "y"}, {"e", "kty", "n"}]


def test_a_keys_id_is_its_thumbprint(file: Path) -> None:
    """Known answer: RFC 8037, appendix A.3."""
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    file.write_text(pem(ed25519.Ed25519PrivateKey.from_private_bytes(secret)))
    assert KeyFile(file).public_keys()[0].id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_new_key_needs_no_restart(file: Path) -> None:
    file.write_text(pem(P256))
    keys = KeyFile(file)
    before = keys.public_keys()[0]
    file.write_text(pem(ED25519) + pem(P256))
    assert [key.id for key in keys.public_keys()][1:] == [before.id]


def test_the_one_machine_platform_makes_its_own_once(file: Path) -> None:
    credential_key(file)
    made = file.read_text()
    credential_key(file)
    assert (file.read_text(), file.stat().st_mode & 0o777) == (made, 0o600)
    KeyFile(file).check()


def encrypted() -> str:
    encryption = BestAvailableEncryption(b"secret")
    return P256.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def of_another_kind() -> str:
    key = x25519.X25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


BROKEN = [
    pytest.param("", id="empty"),
    pytest.param("not a key", id="no PEM"),
    pytest.param("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", id="damaged"),
    pytest.param(PUBLIC, id="public first"),
    pytest.param(encrypted(), id="encrypted"),
    pytest.param(of_another_kind(), id="of another kind"),
    pytest.param(pem(ec.generate_private_key(ec.SECP384R1())), id="another curve"),
    pytest.param(pem(rsa.generate_private_key(65537, 1024)), id="short"),
]


@pytest.mark.parametrize("content", BROKEN)
def test_a_file_that_cannot_be_used_ends_the_start_and_refuses_later(file: Path, content: str) -> None:
    file.write_text(content)
    keys = KeyFile(file)
    with pytest.raises(SystemExit, match="CREDENTIAL_KEY_FILE"):
        keys.check()
    for attempt in (keys.public_keys, lambda: keys.sign(ISSUER, {})):
        with pytest.raises(Refused) as refusal:
            attempt()
        assert refusal.value.reason == "SIGNING_KEY_UNUSABLE"


def test_without_a_file_the_service_starts_and_says_what_it_lacks() -> None:
    keys = KeyFile(None)
    keys.check()
    with pytest.raises(Refused, match="SIGNING_KEY_MISSING"):
        keys.public_keys()
