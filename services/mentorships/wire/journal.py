"""Notes and action items to and from protobuf."""

from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain import Progress
from services.mentorships.domain.action_item import (
    ActionItem,
    ActionItemCompleted,
    ActionItemCreated,
    ActionItemDropped,
    ActionItemEvent,
    ActionItemUpdated,
    ItemDraft,
)
from services.mentorships.domain.note import Note, NoteDeleted, NoteDraft, NoteEvent, NoteUpdated
from services.mentorships.wire import names
from services.mentorships.wire.days import given_day, optional_day
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import journal_service_pb2 as pb


def note_draft(parent: str, message: pb.Note) -> NoteDraft:
    """Decode a note below the mentorship named `parent`. Raises Invalid for another one's meeting."""
    meeting = names.optional_child(parent, names.MEETING, message.meeting, "note.meeting")
    return NoteDraft(message.text, message.shared, meeting)


def note(ref: Ref, stored: Versioned[Note]) -> pb.Note:
    """Encode a stored note."""
    known, tenant = stored.state, ref.tenant
    message = pb.Note(
        name=names.below(tenant, known.mentorship, "notes", ref.id),
        author=names.person_name(tenant, known.author),
        text=known.text,
        shared=known.shared,
        meeting=_meeting(tenant, known.mentorship, known.meeting),
        etag=stored.etag,
    )
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def note_outgoing(ref: Ref, state: Note, event: NoteEvent) -> Outgoing:
    """Encode what happened to a note, keyed by its mentorship's id."""
    name = names.below(ref.tenant, state.mentorship, "notes", ref.id)
    parent = names.mentorship_name(ref.tenant, state.mentorship)
    message: Message
    match event:
        case NoteUpdated():
            message = events.NoteUpdated(note_name=name, mentorship=parent)
        case NoteDeleted():
            message = events.NoteDeleted(note_name=name, mentorship=parent)
    return Outgoing(message=message, subject=name, key=state.mentorship)


def item_draft(tenant: str, parent: str, message: pb.ActionItem) -> ItemDraft:
    """Decode an item below the mentorship named `parent`. Raises Invalid for wrong names and dates."""
    return ItemDraft(
        title=message.title,
        owner=names.optional_id(tenant, names.PERSON, message.owner, "action_item.owner"),
        due_date=given_day(message, "due_date", "action_item.due_date"),
        meeting=names.optional_child(parent, names.MEETING, message.meeting, "action_item.meeting"),
    )


def state(value: pb.ActionItem.State.ValueType) -> Progress | None:
    """Decode how far the items of a list are; None for whichever."""
    return Progress(pb.ActionItem.State.Name(value).removeprefix("STATE_")) if value else None


def item(ref: Ref, stored: Versioned[ActionItem]) -> pb.ActionItem:
    """Encode a stored item."""
    known, tenant = stored.state, ref.tenant
    message = pb.ActionItem(
        name=names.below(tenant, known.mentorship, "actionItems", ref.id),
        title=known.title,
        owner=names.person_name(tenant, known.owner),
        due_date=optional_day(known.due_date),
        meeting=_meeting(tenant, known.mentorship, known.meeting),
        state=pb.ActionItem.State.Value(f"STATE_{known.state}"),
        etag=stored.etag,
    )
    if known.complete_time is not None:
        fields.set_time(message.complete_time, known.complete_time)
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def item_outgoing(ref: Ref, state: ActionItem, event: ActionItemEvent) -> Outgoing:
    """Encode what happened to an item, keyed by its mentorship's id."""
    name = names.below(ref.tenant, state.mentorship, "actionItems", ref.id)
    parent = names.mentorship_name(ref.tenant, state.mentorship)
    owner, due_date = names.person_name(ref.tenant, state.owner), optional_day(state.due_date)
    message: Message
    match event:
        case ActionItemCreated():
            message = events.ActionItemCreated(
                action_item=name, mentorship=parent, owner=owner, due_date=due_date
            )
        case ActionItemUpdated():
            message = events.ActionItemUpdated(
                action_item=name, mentorship=parent, owner=owner, due_date=due_date
            )
        case ActionItemCompleted():
            message = events.ActionItemCompleted(action_item=name, mentorship=parent, owner=owner)
        case ActionItemDropped():
            message = events.ActionItemDropped(action_item=name, mentorship=parent)
    return Outgoing(message=message, subject=name, key=state.mentorship)


def _meeting(tenant: str, mentorship: str, meeting: str) -> str:
    return names.below(tenant, mentorship, "meetings", meeting) if meeting else ""
