"""Notes and action items over real gRPC and MongoDB."""

from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from services.kernel.clock import FixedClock
from services.kernel.mongo import Ref
from services.mentorships.__main__ import build
from services.pb.mentoring.mentorships.v1 import journal_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.journal_service_pb2 import ActionItem, Note
from services.pb.mentoring.mentorships.v1.journal_service_pb2_grpc import JournalServiceStub
from tests.harness import reason, running
from tests.mentorships.factories import MENTEE, MENTOR, NOON, ORG, confirmed
from tests.mentorships.test_rpc import NAME, World

pytestmark = pytest.mark.servers

PEOPLE = f"organizations/{ORG}/people"
MEETING = f"{NAME}/meetings/m1"


class JournalWorld(World):
    """The service with an active mentorship, and its journal."""

    @property
    def journal(self) -> JournalServiceStub:
        return JournalServiceStub(self.at.channel)

    async def write(self, note: Note) -> Note:
        request = pb.CreateNoteRequest(parent=NAME, note=note, request_id="n")
        return await self.journal.CreateNote(request, metadata=self.mentee)


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[JournalWorld]:
    async with running(build, mongo_url, FixedClock(NOON)) as at:
        await at.hear(confirmed(), "event-1")
        world = JournalWorld(at)
        await world.activate()
        yield world


async def test_a_note_is_written_shared_and_erased(world: JournalWorld) -> None:
    note = await world.write(Note(text="One\n\ntwo", meeting=MEETING))
    assert await world.write(Note(text="One\n\ntwo", meeting=MEETING)) == note
    assert (note.author, note.text, note.meeting, note.shared) == (
        f"{PEOPLE}/{MENTEE}",
        "One\n\ntwo",
        MEETING,
        False,
    )
    get = pb.GetNoteRequest(name=note.name)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.journal.GetNote(get, metadata=world.mentor)
    assert refusal.value.code() is grpc.StatusCode.NOT_FOUND
    wanted = Note(name=note.name, etag=note.etag, shared=True)
    update = pb.UpdateNoteRequest(note=wanted, update_mask=FieldMask(paths=["shared"]))
    shared = await world.journal.UpdateNote(update, metadata=world.mentee)
    assert await world.journal.GetNote(get, metadata=world.mentor) == shared
    listing = pb.ListNotesRequest(parent=NAME, meeting=MEETING)
    assert list((await world.journal.ListNotes(listing, metadata=world.mentor)).notes) == [shared]
    await world.journal.DeleteNote(pb.DeleteNoteRequest(name=note.name), metadata=world.mentee)
    assert list((await world.journal.ListNotes(listing, metadata=world.mentee)).notes) == []
    assert await world.at.told(Ref(ORG, note.name.rpartition("/")[2])) == ["NoteUpdated", "NoteDeleted"]


async def test_what_is_left_to_do_is_listed_until_it_is_done(world: JournalWorld) -> None:
    item = ActionItem(
        title="Write to her",
        owner=f"{PEOPLE}/{MENTEE}",
        due_date=Date(year=2026, month=3, day=9),
        meeting=MEETING,
    )
    request = pb.CreateActionItemRequest(parent=NAME, action_item=item)
    noted = await world.journal.CreateActionItem(request, metadata=world.mentor)
    assert (noted.title, noted.owner, noted.due_date, noted.meeting) == (
        item.title,
        item.owner,
        item.due_date,
        MEETING,
    )
    wanted = ActionItem(name=noted.name, etag=noted.etag, owner=f"{PEOPLE}/{MENTOR}")
    update = pb.UpdateActionItemRequest(action_item=wanted)
    changed = await world.journal.UpdateActionItem(update, metadata=world.mentee)
    assert (changed.title, changed.owner) == (item.title, f"{PEOPLE}/{MENTOR}")
    still_open = pb.ListActionItemsRequest(parent=NAME, state=ActionItem.STATE_OPEN)
    assert list((await world.journal.ListActionItems(still_open, metadata=world.mentee)).action_items) == [
        changed
    ]
    complete = pb.CompleteActionItemRequest(name=noted.name)
    done = await world.journal.CompleteActionItem(complete, metadata=world.mentee)
    assert (done.state, done.HasField("complete_time")) == (ActionItem.STATE_COMPLETED, True)
    assert list((await world.journal.ListActionItems(still_open, metadata=world.mentee)).action_items) == []
    get = pb.GetActionItemRequest(name=noted.name)
    assert await world.journal.GetActionItem(get, metadata=world.mentor) == done
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.journal.DropActionItem(pb.DropActionItemRequest(name=noted.name), metadata=world.mentee)
    assert reason(refusal.value) == "ACTION_ITEM_COMPLETED"
    assert await world.at.told(Ref(ORG, noted.name.rpartition("/")[2])) == [
        "ActionItemCreated",
        "ActionItemUpdated",
        "ActionItemCompleted",
    ]


async def test_the_meeting_is_one_of_the_mentorship(world: JournalWorld) -> None:
    other = f"organizations/{ORG}/mentorships/other/meetings/m1"
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.write(Note(text="x", meeting=other))
    assert reason(refusal.value) == "OTHER_MENTORSHIP"
    with pytest.raises(grpc.aio.AioRpcError) as foreign:
        await world.write(Note(text="x", meeting="organizations/globex/mentorships/a/meetings/m1"))
    assert foreign.value.code() is grpc.StatusCode.NOT_FOUND


async def test_hr_and_leads_have_no_way_in(world: JournalWorld) -> None:
    for who in (world.hr, world.lead):
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await world.journal.ListNotes(pb.ListNotesRequest(parent=NAME), metadata=who)
        assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
