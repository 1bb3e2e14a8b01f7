"""Credentials as a stranger checks them: offline, with a library that knows nothing of us."""

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier
from openbadgeslib.ob3.contexts import bundled_contexts
from openbadgeslib.ob3.status import decode_encoded_list
from openbadgeslib.util import hash_email

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import NotFound, Refused
from services.kernel.mongo import Ref
from services.recognition.app.badges import award_id
from services.recognition.domain import awards, credentials
from services.recognition.domain.choices import Settings
from tests.recognition.factories import HELD, MENTEE, MENTOR, ORG, foreigner, hr, lead, mentee, mentor
from tests.recognition.world import ISSUER, Private, World, pem

TEN = "ten-meetings"
KEYS: dict[str, Callable[[], Private]] = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
}


class Office(World):
    """An organization that issues credentials and publishes what verifiers need, by URL in `published`.

    The library goes by the machine's clock, so this world does, too.
    """

    def __init__(self, folder: Path, key: Private) -> None:
        self.key_file = folder / "key.pem"
        self.key_file.write_text(pem(key))
        super().__init__(self.key_file, FixedClock(datetime.now(UTC)))
        self.published: dict[str, bytes] = {}

    async def open(self) -> None:
        """Configure the issuer; the mentor holds badges for ten meetings."""
        await self.set(Settings(issuer=ISSUER))
        await self.earn("r1", HELD)

    async def issue(self, caller: Caller = mentor, **more: Any) -> str:
        """Issue the credential of the mentor's TEN."""
        award, _ = await self.award_of(TEN, MENTOR)
        stored = await self.credentials.issue(caller, (MENTOR, award), self.cause(), **more)
        assert stored.state.credential is not None
        return stored.state.credential.jwt

    async def issue_another(self) -> str:
        """Issue the credential of the mentor's TEN in another mentorship."""
        await self.earn("r2", replace(HELD, mentorship="another"))
        award = award_id(TEN, "r2")
        stored = await self.credentials.issue(mentor, (MENTOR, award), self.cause())
        assert stored.state.credential is not None
        return stored.state.credential.jwt

    async def publish(self) -> None:
        """Put everything where it belongs."""
        document = await self.credentials.issuer_document(ORG)
        self.published[document.issuer.document_url] = json.dumps(document.content).encode()
        for number in document.lists:
            found = await self.credentials.status_list(ORG, number)
            self.published[found.url] = found.jwt.encode()

    def download(self, url: str) -> bytes:
        """Return what is published; there is no network."""
        return self.published[url]

    def verify(self, token: str, did: str = ISSUER.did) -> Any:
        """Return the credential as the library reads it. OB3VerificationError unless all of it is right."""
        verifier = OB3Verifier.for_issuer_did(did, download=self.download)
        return verifier.verify(token, check_status=True, download=self.download)


@pytest.fixture(params=KEYS)
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    made = Office(tmp_path, KEYS[request.param]())
    await made.open()
    return made


@pytest.fixture
async def desk(tmp_path: Path) -> Office:
    """An office where the kind of key does not matter."""
    made = Office(tmp_path, KEYS["EdDSA"]())
    await made.open()
    return made


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


async def test_a_stranger_verifies_it_with_what_is_published(office: Office) -> None:
    token = await office.issue()
    await office.publish()
    read = office.verify(token)
    assert (read.issuer.id, read.issuer.name) == ("did:web:acme.example:mentoring", "ACME Mentoring")
    assert read.achievement.name == "Ten meetings"
    assert (
        read.achievement.criteria_narrative
        == "Held 10 mentoring meetings of one mentorship, both being there."
    )
    assert [one.id for one in read.evidence] == [f"urn:uuid:{event}" for event in HELD.evidence]


async def test_whatever_is_changed_is_noticed(office: Office) -> None:
    token = await office.issue()
    await office.publish()
    header, _, signature = token.split(".")
    told = claims(token)
    told["credentialSubject"]["achievement"]["name"] = "A thousand meetings"
    body = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    with pytest.raises(OB3VerificationError, match="Invalid signature"):
        office.verify(f"{header}.{body}.{signature}")


async def test_a_key_of_somebody_else_does_not_sign_for_the_issuer(office: Office, tmp_path: Path) -> None:
    await office.publish()
    (tmp_path / "forger").mkdir()
    forger = Office(tmp_path / "forger", KEYS["EdDSA"]())
    await forger.open()
    with pytest.raises(OB3VerificationError):
        office.verify(await forger.issue())


async def test_a_revocation_shows_with_the_next_status_list_and_concerns_no_other(office: Office) -> None:
    revoked, other = await office.issue(), await office.issue_another()
    await office.publish()
    office.verify(revoked)
    await office.revoke(MENTOR, "r1")
    office.verify(revoked)
    await office.publish()
    with pytest.raises(OB3VerificationError, match="'revocation' is set"):
        office.verify(revoked)
    office.verify(other)


async def test_a_status_list_that_is_not_the_issuers_is_refused(office: Office) -> None:
    token = await office.issue()
    await office.publish()
    url = ISSUER.list_url(0)
    header, body, signature = office.published[url].decode().split(".")
    office.published[url] = f"{header}.{body}.{signature[:-8]}AAAAAAAA".encode()
    with pytest.raises(OB3VerificationError):
        office.verify(token)


async def test_after_a_rotation_old_credentials_verify_with_the_new_document(office: Office) -> None:
    """Of the former key the public half is enough."""
    before = await office.issue()
    former = load_pem_private_key(office.key_file.read_bytes(), None).public_key()
    public = former.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    office.key_file.write_text(pem(KEYS["ES256"]()) + public)
    await office.publish()
    office.verify(before)
    office.verify(await office.issue_another())


async def test_it_says_what_open_badges_want_in_the_form_they_want(desk: Office) -> None:
    token = await desk.issue()
    told = claims(token)
    assert told["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert told["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert (told["iss"], told["jti"], told["sub"]) == (
        told["issuer"]["id"],
        told["id"],
        told["credentialSubject"]["id"],
    )
    assert told["validFrom"] == datetime.fromtimestamp(told["nbf"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert jwt.get_unverified_header(token).keys() == {"alg", "kid", "typ"}
    status = told["credentialStatus"]
    assert (status["type"], status["statusPurpose"]) == ("BitstringStatusListEntry", "revocation")


def terms(context: Any) -> set[str]:
    """Return every term that a JSON-LD context defines, at any depth."""
    if isinstance(context, list):
        return {term for one in context for term in terms(one)}
    if not isinstance(context, dict):
        return set()
    return set(context) | {term for one in context.values() for term in terms(one)}


def members(value: Any) -> set[str]:
    """Return every member name of a JSON value but those of JSON-LD itself."""
    if isinstance(value, list):
        return {name for one in value for name in members(one)}
    if not isinstance(value, dict):
        return set()
    return set(value) - {"@context"} | {name for one in value.values() for name in members(one)}


async def test_every_member_is_defined_by_the_contexts_it_names(desk: Office) -> None:
    """The library ships the contexts; the registered claims of JWTs are beside the credential."""
    known = bundled_contexts()
    for token in (await desk.issue(with_identifier=True), (await desk.credentials.status_list(ORG, 0)).jwt):
        told = claims(token)
        defined = {term for url in told["@context"] for term in terms(known[url])}
        assert members(told) - {"iss", "jti", "sub", "nbf", "exp"} - defined == set()


@given(st.sets(st.integers(0, awards.LIST_LENGTH - 1), max_size=20))
def test_any_revoked_indexes_are_read_back(revoked: set[int]) -> None:
    """Index 0 is the leftmost bit, as the standard has it."""
    bits = decode_encoded_list(credentials.encoded(revoked))
    assert {
        8 * at + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte & 0x80 >> bit
    } == revoked


async def test_it_says_nothing_of_who_the_people_are(desk: Office) -> None:
    text = json.dumps(claims(await desk.issue()))
    _, award = await desk.award_of(TEN, MENTOR)
    assert [
        word for word in (MENTOR, MENTEE, award.mentorship, award.recognition, ORG + "/") if word in text
    ] == []


async def test_on_request_whoever_knows_the_persons_id_can_tell_that_it_is_theirs(desk: Office) -> None:
    """As Open Badges hash identities: SHA-256 over the id and the salt beside it."""
    (identity,) = claims(await desk.issue(with_identifier=True))["credentialSubject"]["identifier"]
    assert identity["identityHash"] == "sha256$" + hash_email(MENTOR, identity["salt"]).decode()
    assert (identity["hashed"], identity["type"], len(identity["salt"])) == (True, "IdentityObject", 32)


async def test_the_same_is_returned_however_often_it_is_issued(desk: Office) -> None:
    first = await desk.issue()
    assert [await desk.issue(), await desk.issue(hr, with_identifier=True)] == [first, first]
    told = [event["type"] for event in desk.kept_awards.outbox]
    assert told.count("mentoring.recognition.v1.CredentialIssued") == 1
    award, _ = await desk.award_of(TEN, MENTOR)
    read = await desk.credentials.get(mentor, (MENTOR, award))
    assert read.state.credential is not None
    assert read.state.credential.jwt == first


@pytest.mark.parametrize("caller", [mentee, lead, foreigner])
async def test_only_the_holder_and_hr_get_it(desk: Office, caller: Caller) -> None:
    award, _ = await desk.award_of(TEN, MENTOR)
    await desk.issue()
    with pytest.raises(NotFound):
        await desk.credentials.get(caller, (MENTOR, award))
    with pytest.raises(NotFound):
        await desk.credentials.issue(caller, (MENTOR, award), desk.cause())


async def test_what_is_not_issued_yet_is_not_found(desk: Office) -> None:
    award, _ = await desk.award_of(TEN, MENTOR)
    with pytest.raises(NotFound):
        await desk.credentials.get(mentor, (MENTOR, award))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(lambda desk: desk.set(Settings()), "ISSUER_NOT_CONFIGURED", id="no issuer"),
        pytest.param(lambda desk: desk.revoke(MENTOR, "r1"), "AWARD_REVOKED", id="taken back"),
    ],
)
async def test_without_what_it_takes_nothing_is_issued(desk: Office, spoil: Any, reason: str) -> None:
    await spoil(desk)
    with pytest.raises(Refused) as refusal:
        await desk.issue()
    assert refusal.value.reason == reason


async def test_a_recognition_taken_back_stops_its_badges_at_once(desk: Office) -> None:
    """The badge follows a moment later; nothing may be issued in between."""
    row = desk.kept.rows[f"{ORG}/r1"]
    row["state"]["stage"] = "REVOKED"
    with pytest.raises(Refused, match="AWARD_REVOKED"):
        await desk.issue()


async def test_badges_without_certificate_have_no_credential(desk: Office) -> None:
    award, _ = await desk.award_of("first-meeting", MENTOR)
    with pytest.raises(Refused, match="NO_CERTIFICATE"):
        await desk.credentials.issue(mentor, (MENTOR, award), desk.cause())


async def test_without_a_key_it_says_what_to_configure() -> None:
    world = World()
    await world.set(Settings(issuer=ISSUER))
    await world.earn("r1", HELD)
    award, _ = await world.award_of(TEN, MENTOR)
    for attempt in (
        world.credentials.issue(mentor, (MENTOR, award), world.cause()),
        world.credentials.issuer_document(ORG),
        world.credentials.status_list(ORG, 0),
    ):
        with pytest.raises(Refused, match="CREDENTIAL_KEY_FILE") as refusal:
            await attempt
        assert refusal.value.reason == "SIGNING_KEY_MISSING"


async def test_a_list_that_is_full_for_an_award_is_followed_by_the_next(desk: Office) -> None:
    """Another award holds all slots that this one draws in the first list."""
    key, award = await desk.award_of(TEN, MENTOR)
    claims = tuple(awards.slot(key, attempt).claim for attempt in range(awards.TRIES_PER_LIST))
    await desk.stores.awards.create(Ref(ORG, "other"), replace(award, claims=claims), [], desk.cause())
    await desk.issue()
    issued = (await desk.stores.awards.get(Ref(ORG, key))).state.credential
    assert issued is not None
    assert issued.slot == awards.slot(key, awards.TRIES_PER_LIST)
    assert (issued.slot.number, (await desk.credentials.issuer_document(ORG)).lists) == (1, [0, 1])
    with pytest.raises(NotFound):
        await desk.credentials.status_list(ORG, 2)


async def test_a_status_list_is_one_bit_per_credential_leftmost_first(desk: Office) -> None:
    token = await desk.issue()
    index = int(claims(token)["credentialStatus"]["statusListIndex"])
    await desk.revoke(MENTOR, "r1")
    told = claims((await desk.credentials.status_list(ORG, 0)).jwt)
    encoded = told["credentialSubject"]["encodedList"]
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
    assert (encoded[0], len(bits) * 8) == ("u", 131_072)
    text = "".join(f"{byte:08b}" for byte in bits)
    assert [place for place, bit in enumerate(text) if bit == "1"] == [index]
