"""From a decision of the processor to a revoked credential, over real gRPC and MongoDB."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from deploy.local.keys import credential_key
from services.kernel.clock import FixedClock
from services.kernel.ids import derived_id
from services.kernel.mongo import Ref
from services.pb.mentoring.recognition.v1 import badge_service_pb2 as badges
from services.pb.mentoring.recognition.v1 import credential_service_pb2 as credentials
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as recognitions
from services.pb.mentoring.recognition.v1 import settings_service_pb2 as settings
from services.pb.mentoring.recognition.v1.badge_service_pb2_grpc import BadgeServiceStub
from services.pb.mentoring.recognition.v1.credential_service_pb2_grpc import CredentialServiceStub
from services.pb.mentoring.recognition.v1.recognition_service_pb2_grpc import RecognitionServiceStub
from services.pb.mentoring.recognition.v1.settings_service_pb2_grpc import SettingsServiceStub
from services.recognition.__main__ import build
from tests.harness import Running, reason, running
from tests.recognition.factories import MENTEE, MENTOR, ORG, STRANGER, decision, meetings_decision
from tests.recognition.world import ISSUER

pytestmark = pytest.mark.servers

HERE = f"organizations/{ORG}"
TEN = f"{HERE}/badges/ten-meetings"
SETTINGS = settings.RecognitionSettings(
    name=f"{HERE}/recognitionSettings",
    leaderboards=True,
    issuer_name=ISSUER.name,
    issuer_url=ISSUER.url,
)


def person(key: str) -> str:
    return f"{HERE}/people/{key}"


class World:
    """The service and those who call it."""

    def __init__(self, at: Running) -> None:
        self.at = at
        self.recognitions = RecognitionServiceStub(at.channel)
        self.badges = BadgeServiceStub(at.channel)
        self.settings = SettingsServiceStub(at.channel)
        self.credentials = CredentialServiceStub(at.channel)
        self.mentor = at.token(MENTOR, "mentor")
        self.mentee = at.token(MENTEE, "mentee")
        self.hr = at.token("admin", "hr_admin")

    async def configure(self) -> None:
        """Set the issuer, and leaderboards on."""
        request = settings.UpdateRecognitionSettingsRequest(recognition_settings=SETTINGS)
        await self.settings.UpdateRecognitionSettings(request, metadata=self.hr)

    async def awards(self, key: str = MENTOR, caller: Any = None) -> list[badges.BadgeAward]:
        """Return a person's awards."""
        request = badges.ListBadgeAwardsRequest(parent=person(key))
        page = await self.badges.ListBadgeAwards(request, metadata=caller or self.hr)
        return list(page.badge_awards)

    async def ten(self) -> badges.BadgeAward:
        """Return the mentor's award for ten meetings."""
        return next(award for award in await self.awards() if award.badge == TEN)

    async def published(self) -> dict[str, bytes]:
        """Return what the organization publishes, by URL."""
        named = credentials.GetIssuerDocumentRequest(name=f"{HERE}/issuerDocument")
        document = await self.credentials.GetIssuerDocument(named, metadata=self.hr)
        found = {document.publish_url: document.document.encode()}
        for name in document.status_lists:
            request = credentials.GetStatusListRequest(name=name)
            one = await self.credentials.GetStatusList(request, metadata=self.hr)
            found[one.publish_url] = one.jwt.encode()
        return found


@pytest.fixture
async def world(mongo_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """Serve a mentor who is recognised for ten meetings; verifiers go by the machine's clock."""
    key = tmp_path / "key.pem"
    credential_key(key)
    clock = FixedClock(datetime.now(UTC))
    async with running(build, mongo_url, clock, credential_key_file=key) as at:
        for _ in range(2):
            await at.hear(meetings_decision(), "event-1")
        yield World(at)


async def refused(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return error.value.code(), reason(error.value)


async def test_badges_come_once_and_the_pair_sees_them(world: World) -> None:
    for caller in (world.mentor, world.mentee, world.hr):
        found = [award.badge.rpartition("/")[2] for award in await world.awards(caller=caller)]
        assert sorted(found) == ["first-meeting", "five-meetings", "ten-meetings"]
    assert await world.awards(caller=world.at.token(STRANGER, "mentee")) == []
    award = await world.ten()
    assert await world.at.told(Ref(ORG, award.name.rpartition("/")[2])) == ["BadgeAwarded"]
    read = await world.badges.GetBadgeAward(
        badges.GetBadgeAwardRequest(name=award.name), metadata=world.mentee
    )
    assert read == award


async def test_a_credential_verifies_with_what_is_published_until_it_is_revoked(world: World) -> None:
    await world.configure()
    request = credentials.IssueCredentialRequest(name=(await world.ten()).name, request_id="once")
    issued = [await world.credentials.IssueCredential(request, metadata=world.mentor) for _ in range(2)]
    assert issued[0] == issued[1]
    published = await world.published()
    verifier = OB3Verifier.for_issuer_did(ISSUER.did, download=published.__getitem__)
    read = verifier.verify(issued[0].jwt, check_status=True, download=published.__getitem__)
    assert read.achievement.name == "Ten meetings"
    revoke = recognitions.RevokeRecognitionRequest(
        name=f"{person(MENTOR)}/recognitions/{derived_id('event-1', 'recognition')}",
        reason=recognitions.REVOKE_REASON_ISSUED_IN_ERROR,
    )
    await world.recognitions.RevokeRecognition(revoke, metadata=world.hr)
    published = await world.published()
    with pytest.raises(OB3VerificationError, match="revocation"):
        verifier.verify(issued[0].jwt, check_status=True, download=published.__getitem__)
    name = f"{request.name}/credential"
    kept = await world.credentials.GetCredential(
        credentials.GetCredentialRequest(name=name), metadata=world.mentor
    )
    assert (kept.jwt, kept.revoked) == (issued[0].jwt, True)


async def test_an_organization_that_set_nothing_is_told_what_to_set(world: World) -> None:
    name = (await world.ten()).name
    call = world.credentials.IssueCredential(
        credentials.IssueCredentialRequest(name=name), metadata=world.mentor
    )
    assert await refused(call) == (grpc.StatusCode.FAILED_PRECONDITION, "ISSUER_NOT_CONFIGURED")


async def test_hr_previews_changes_and_grants(world: World) -> None:
    await world.at.hear(decision(), "event-2")
    rule = badges.Badge(
        name=f"{HERE}/badges/goal-getter",
        display_name="Goal-getter",
        description="Reaches goals.",
        criteria="Reached a goal.",
        kind=recognitions.Recognition.KIND_GOAL_COMPLETED,
        enabled=True,
    )
    preview = badges.PreviewBadgeRequest(badge=rule)
    seen = await world.badges.PreviewBadge(preview, metadata=world.hr)
    assert (seen.would_earn, seen.would_keep, seen.would_lose) == (1, 0, 0)
    create = badges.CreateBadgeRequest(parent=HERE, badge_id="goal-getter", badge=rule, request_id="1")
    made = [await world.badges.CreateBadge(create, metadata=world.hr) for _ in range(2)]
    assert made[0] == made[1]
    assert await world.awards(MENTEE) == []
    grant = badges.GrantBadgeRequest(name=rule.name, etag=made[0].etag, request_id="2")
    for _ in range(2):
        granted = await world.badges.GrantBadge(grant, metadata=world.hr)
        assert (granted.held, granted.opted_out, granted.remaining) == (1, 0, 0)
    assert [award.origin for award in await world.awards(MENTEE)] == [badges.BadgeAward.ORIGIN_GRANT]
    assert (await world.badges.PreviewBadge(preview, metadata=world.hr)).would_keep == 1


async def test_badges_are_there_from_the_start_and_change_by_mask_and_etag(world: World) -> None:
    everything = badges.ListBadgesRequest(parent=HERE)
    listed = await world.badges.ListBadges(everything, metadata=world.mentee)
    assert len(listed.badges) == 9
    known = await world.badges.GetBadge(badges.GetBadgeRequest(name=TEN), metadata=world.mentee)
    assert known in listed.badges
    update = badges.UpdateBadgeRequest(
        badge=badges.Badge(name=TEN, min_count=12, etag=known.etag),
        update_mask=FieldMask(paths=["min_count"]),
    )
    changed = await world.badges.UpdateBadge(update, metadata=world.hr)
    assert (changed.min_count, changed.revision, changed.display_name) == (12, 2, known.display_name)
    stale = await refused(world.badges.UpdateBadge(update, metadata=world.hr))
    assert stale == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    assert len(await world.awards()) == 3


async def test_whoever_opts_out_is_found_by_the_person_and_hr_only(world: World) -> None:
    choice = settings.RecognitionChoice(name=f"{person(MENTOR)}/recognitionChoice", opted_out=True)
    request = settings.UpdateRecognitionChoiceRequest(recognition_choice=choice, request_id="1")
    for _ in range(2):
        chosen = await world.settings.UpdateRecognitionChoice(request, metadata=world.mentor)
        assert (chosen.opted_out, chosen.etag) == (True, '"1"')
    await world.at.hear(meetings_decision(count=40), "event-40")
    assert [len(await world.awards(caller=one)) for one in (world.mentor, world.hr, world.mentee)] == [
        3,
        3,
        0,
    ]
    read = settings.GetRecognitionChoiceRequest(name=choice.name)
    assert (await world.settings.GetRecognitionChoice(read, metadata=world.hr)).opted_out
    hidden = await refused(world.settings.GetRecognitionChoice(read, metadata=world.mentee))
    assert hidden[0] is grpc.StatusCode.NOT_FOUND


async def test_leaders_show_once_the_organization_wants_them(world: World) -> None:
    request = badges.ListLeadersRequest(parent=HERE)
    off = await refused(world.badges.ListLeaders(request, metadata=world.mentee))
    assert off == (grpc.StatusCode.FAILED_PRECONDITION, "LEADERBOARDS_OFF")
    await world.configure()
    read = settings.GetRecognitionSettingsRequest(name=SETTINGS.name)
    assert (await world.settings.GetRecognitionSettings(read, metadata=world.mentee)).leaderboards
    await world.at.hear(meetings_decision(MENTEE, 1), "event-3")
    found = await world.badges.ListLeaders(request, metadata=world.mentee)
    shown = [(leader.person, leader.badges) for leader in found.leaders]
    assert shown == [(person(MENTOR), 3), (person(MENTEE), 1)]
