"""Learning resources: kept by leads and HR, found by what a pair works on."""

from collections.abc import AsyncIterator
from dataclasses import replace

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref
from services.mentorships import store
from services.mentorships.__main__ import build
from services.mentorships.app.learning import Learning, Selection
from services.mentorships.domain import Mentorship, learning
from services.mentorships.domain.learning import LearningDraft, LearningResource, Part
from services.pb.mentoring.mentorships.v1 import learning_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.learning_service_pb2_grpc import LearningServiceStub
from tests.fakes import Aggregates
from tests.harness import running
from tests.mentorships.callers import foreigner, hr, lead, mentee, mentor, stranger
from tests.mentorships.factories import ID, NOON, ORG, active, confirmed, proposed
from tests.mentorships.test_rpc import NAME, World

TALKS = LearningDraft("Talks that work", "https://learn.example/talks", ("Public  Speaking",))
CODE = LearningDraft("Clean code", "https://learn.example/code?page=1#top", ("python", "java"))


class Library:
    """An active mentorship that works on public speaking, one without an agreement, and resources."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.mentorships = Aggregates[Mentorship](store.MENTORSHIPS, self.clock)
        self.kept = Aggregates[LearningResource](store.LEARNING_RESOURCES, self.clock)
        self.learning = Learning(self.kept, self.mentorships)

    async def keep(self, draft: LearningDraft) -> str:
        ref, _ = await self.learning.create(hr, draft, Cause(draft.title))
        return ref.id

    async def titles(self, caller: Caller, asked: Selection) -> set[str]:
        page = await self.learning.list(caller, asked, Query())
        return {stored.state.title for _, stored in page.items}


@pytest.fixture
async def library() -> Library:
    library = Library()
    await library.mentorships.create(Ref(ORG, ID), active(), (), Cause("begin"))
    await library.mentorships.create(Ref(ORG, "new"), proposed(), (), Cause("begin new"))
    return library


async def test_a_pair_finds_what_fits_its_agreement(library: Library) -> None:
    await library.keep(TALKS)
    await library.keep(CODE)
    for caller in (mentor, mentee):
        assert await library.titles(caller, Selection(ID)) == {TALKS.title}
        assert await library.titles(caller, Selection()) == {TALKS.title, CODE.title}
        assert await library.titles(caller, Selection("new")) == set(), "nothing is agreed yet"


@pytest.mark.parametrize("caller", [stranger, lead, hr, foreigner])
async def test_what_others_work_on_is_hidden(library: Library, caller: Caller) -> None:
    with pytest.raises(NotFound):
        await library.titles(caller, Selection(ID))


async def test_resources_fit_a_part_of_a_mentorship_or_all(library: Library) -> None:
    for part in Part:
        await library.keep(replace(TALKS, title=part.value, part=part))
    assert await library.titles(mentee, Selection(ID, Part.CLOSING)) == {"CLOSING", "ANY"}
    assert await library.titles(mentee, Selection(part=Part.ANY)) == set(Part)


async def test_archived_resources_are_listed_to_who_asks_for_them(library: Library) -> None:
    key = await library.keep(TALKS)
    await library.learning.archive(lead, key, ("", Cause("a")))
    await library.learning.archive(lead, key, ("", Cause("again")))
    assert await library.titles(mentee, Selection(ID)) == set()
    assert await library.titles(mentee, Selection(ID, archived=True)) == {TALKS.title}
    with pytest.raises(Refused) as refusal:
        await library.learning.update(hr, key, (CODE, ["title"]), ("", Cause("u")))
    assert refusal.value.reason == "LEARNING_RESOURCE_ARCHIVED"
    told = [event["type"].rpartition(".")[2] for event in library.kept.outbox]
    assert told == ["LearningResourceCreated", "LearningResourceArchived"]


async def test_a_resource_changes_under_the_version_that_was_read(library: Library) -> None:
    key = await library.keep(TALKS)
    seen = (await library.learning.get(mentee, key)).etag
    changed = await library.learning.update(hr, key, (CODE, ["focus_areas"]), (seen, Cause("u")))
    assert (changed.state.title, changed.state.focus_areas) == (TALKS.title, CODE.focus_areas)
    same = await library.learning.update(hr, key, (CODE, ["focus_areas"]), ("", Cause("same")))
    assert same.version == changed.version
    with pytest.raises(Conflict):
        await library.learning.archive(hr, key, (seen, Cause("a")))
    with pytest.raises(NotFound):
        await library.learning.get(foreigner, key)


def test_focus_areas_are_tags() -> None:
    kept, _ = learning.create(replace(TALKS, focus_areas=("Public  Speaking", "public speaking", " Go ")))
    assert kept.focus_areas == ("public speaking", "go")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://learn.example/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user:secret@learn.example/",
        "https://learn.example:port/",
        "https://[::1/",
        "https://learn.example/a b",
        "https://learn.example/\n",
        "learn.example",
    ],
)
def test_only_https_addresses_are_kept(uri: str) -> None:
    with pytest.raises(Invalid) as refusal:
        learning.create(replace(TALKS, uri=uri))
    assert (refusal.value.reason, refusal.value.fields[0][0]) == ("URI_NOT_HTTPS", "learning_resource.uri")


@pytest.mark.parametrize(
    ("draft", "reason", "field"),
    [
        (replace(TALKS, title="\n"), "TEXT_BLANK", "title"),
        (replace(TALKS, focus_areas=()), "FOCUS_AREA_MISSING", "focus_areas"),
        (replace(TALKS, focus_areas=("go", " ")), "TEXT_BLANK", "focus_areas"),
    ],
)
def test_what_is_missing_is_named(draft: LearningDraft, reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        learning.create(draft)
    assert (refusal.value.reason, refusal.value.fields[0][0]) == (reason, f"learning_resource.{field}")


class LearningWorld(World):
    """The service with an active mentorship, and its library."""

    @property
    def learning(self) -> LearningServiceStub:
        return LearningServiceStub(self.at.channel)


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[LearningWorld]:
    async with running(build, mongo_url, FixedClock(NOON)) as at:
        await at.hear(confirmed(), "event-1")
        world = LearningWorld(at)
        await world.activate()
        yield world


@pytest.mark.servers
async def test_hr_keeps_resources_that_a_pair_finds(world: LearningWorld) -> None:
    given = pb.LearningResource(
        title="Talks",
        uri="https://learn.example/talks",
        focus_areas=["Public Speaking"],
        stage=pb.LearningResource.STAGE_UNDERWAY,
    )
    create = pb.CreateLearningResourceRequest(
        parent=f"organizations/{ORG}", learning_resource=given, request_id="c"
    )
    kept = await world.learning.CreateLearningResource(create, metadata=world.hr)
    assert await world.learning.CreateLearningResource(create, metadata=world.hr) == kept
    assert (kept.stage, list(kept.focus_areas)) == (given.stage, ["public speaking"])
    wanted = pb.LearningResource(name=kept.name, etag=kept.etag, title="Good talks")
    update = pb.UpdateLearningResourceRequest(
        learning_resource=wanted, update_mask=FieldMask(paths=["title", "stage"])
    )
    changed = await world.learning.UpdateLearningResource(update, metadata=world.lead)
    assert (changed.title, changed.stage) == ("Good talks", pb.LearningResource.STAGE_UNSPECIFIED)
    listing = pb.ListLearningResourcesRequest(parent=f"organizations/{ORG}", mentorship=NAME)
    page = await world.learning.ListLearningResources(listing, metadata=world.mentee)
    assert list(page.learning_resources) == [changed]
    get = pb.GetLearningResourceRequest(name=kept.name)
    assert await world.learning.GetLearningResource(get, metadata=world.mentor) == changed
    archive = pb.ArchiveLearningResourceRequest(name=kept.name)
    archived = await world.learning.ArchiveLearningResource(archive, metadata=world.hr)
    assert archived.state == pb.LearningResource.STATE_ARCHIVED
    page = await world.learning.ListLearningResources(listing, metadata=world.mentee)
    assert list(page.learning_resources) == []


@pytest.mark.servers
async def test_participants_keep_none(world: LearningWorld) -> None:
    request = pb.CreateLearningResourceRequest(parent=f"organizations/{ORG}")
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.learning.CreateLearningResource(request, metadata=world.mentor)
    assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
