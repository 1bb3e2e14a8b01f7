"""JournalService: decode, app, encode."""

from typing import Any

from google.protobuf.empty_pb2 import Empty

from services.kernel.fields import masked
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.action_items import ActionItems, Selection
from services.mentorships.app.notes import Notes
from services.mentorships.app.ports import How
from services.mentorships.domain.action_item import ITEM_FIELDS
from services.mentorships.domain.note import NOTE_FIELDS
from services.mentorships.wire import journal as wire
from services.mentorships.wire import names
from services.pb.mentoring.mentorships.v1 import journal_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.journal_service_pb2_grpc import JournalServiceServicer


class JournalServicer(JournalServiceServicer):
    """Serves notes and action items."""

    def __init__(self, notes: Notes, items: ActionItems) -> None:
        self._notes = notes
        self._items = items

    async def CreateNote(self, request: pb.CreateNoteRequest, _: object) -> pb.Note:
        """Write a note."""
        parent = names.mentorship_ref(request.parent, "parent")
        draft = wire.note_draft(request.parent, request.note)
        return wire.note(*await self._notes.create(caller(), parent.id, draft, cause(request)))

    async def GetNote(self, request: pb.GetNoteRequest, _: object) -> pb.Note:
        """Return one note."""
        mentorship, ref = names.path(names.NOTE, request.name)
        return wire.note(ref, await self._notes.get(caller(), (mentorship, ref.id)))

    async def ListNotes(self, request: pb.ListNotesRequest, _: object) -> pb.ListNotesResponse:
        """Return a page of notes."""
        parent = names.mentorship_ref(request.parent, "parent")
        meeting = names.optional_child(request.parent, names.MEETING, request.meeting, "meeting")
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._notes.list(caller(), parent.id, meeting, query)
        return pb.ListNotesResponse(
            notes=[wire.note(Ref(parent.tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def UpdateNote(self, request: pb.UpdateNoteRequest, _: object) -> pb.Note:
        """Change a note."""
        given = request.note
        mentorship, ref = names.path(names.NOTE, given.name, "note.name")
        parent = names.mentorship_name(ref.tenant, mentorship)
        wanted = wire.note_draft(parent, given), masked(given, request.update_mask, NOTE_FIELDS)
        how = given.etag, cause(request)
        return wire.note(ref, await self._notes.update(caller(), (mentorship, ref.id), wanted, how))

    async def DeleteNote(self, request: pb.DeleteNoteRequest, _: object) -> Empty:
        """Erase a note."""
        mentorship, ref = names.path(names.NOTE, request.name)
        await self._notes.delete(caller(), (mentorship, ref.id), _how(request))
        return Empty()

    async def CreateActionItem(self, request: pb.CreateActionItemRequest, _: object) -> pb.ActionItem:
        """Note something to do."""
        parent = names.mentorship_ref(request.parent, "parent")
        draft = wire.item_draft(parent.tenant, request.parent, request.action_item)
        return wire.item(*await self._items.create(caller(), parent.id, draft, cause(request)))

    async def GetActionItem(self, request: pb.GetActionItemRequest, _: object) -> pb.ActionItem:
        """Return one item."""
        mentorship, ref = names.path(names.ACTION_ITEM, request.name)
        return wire.item(ref, await self._items.get(caller(), (mentorship, ref.id)))

    async def ListActionItems(
        self, request: pb.ListActionItemsRequest, _: object
    ) -> pb.ListActionItemsResponse:
        """Return a page of items."""
        parent = names.mentorship_ref(request.parent, "parent")
        meeting = names.optional_child(request.parent, names.MEETING, request.meeting, "meeting")
        asked = Selection(parent.id, wire.state(request.state), meeting)
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._items.list(caller(), asked, query)
        return pb.ListActionItemsResponse(
            action_items=[wire.item(Ref(parent.tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def UpdateActionItem(self, request: pb.UpdateActionItemRequest, _: object) -> pb.ActionItem:
        """Change an item."""
        given = request.action_item
        mentorship, ref = names.path(names.ACTION_ITEM, given.name, "action_item.name")
        draft = wire.item_draft(ref.tenant, names.mentorship_name(ref.tenant, mentorship), given)
        wanted = draft, masked(given, request.update_mask, ITEM_FIELDS)
        how = given.etag, cause(request)
        return wire.item(ref, await self._items.update(caller(), (mentorship, ref.id), wanted, how))

    async def CompleteActionItem(self, request: pb.CompleteActionItemRequest, _: object) -> pb.ActionItem:
        """Mark an item as done."""
        mentorship, ref = names.path(names.ACTION_ITEM, request.name)
        return wire.item(ref, await self._items.complete(caller(), (mentorship, ref.id), _how(request)))

    async def DropActionItem(self, request: pb.DropActionItemRequest, _: object) -> pb.ActionItem:
        """Give an item up."""
        mentorship, ref = names.path(names.ACTION_ITEM, request.name)
        return wire.item(ref, await self._items.drop(caller(), (mentorship, ref.id), _how(request)))


def _how(request: Any) -> How:
    return request.etag, cause(request)
