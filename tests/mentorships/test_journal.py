"""Notes and action items: who reads and changes what, on kept state in memory."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref
from services.mentorships import store
from services.mentorships.app.action_items import ActionItems, Selection
from services.mentorships.app.notes import Notes
from services.mentorships.domain import Mentorship, Progress
from services.mentorships.domain.action_item import ActionItem, ItemDraft
from services.mentorships.domain.note import NOTE_FIELDS, Note, NoteDraft, NoteUpdated, write
from tests.fakes import Aggregates
from tests.mentorships.callers import foreigner, hr, lead, mentee, mentor, stranger
from tests.mentorships.factories import ID, MENTEE, MENTOR, NOON, ORG, STRANGER, active, ended, proposed

OTHER = "22222222-2222-4222-8222-222222222222"
OUTSIDERS = pytest.mark.parametrize("caller", [stranger, lead, hr, foreigner])
SECRET = "he talks too much"
Names = tuple[str, str]


class World:
    """An active mentorship of the pair, one of its mentor with a stranger, and a clock at NOON."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.mentorships = Aggregates[Mentorship](store.MENTORSHIPS, self.clock)
        self.kept_notes = Aggregates[Note](store.NOTES, self.clock)
        self.kept_items = Aggregates[ActionItem](store.ACTION_ITEMS, self.clock)
        self.notes = Notes(self.kept_notes, self.mentorships)
        self.items = ActionItems(self.kept_items, self.mentorships, self.clock)

    async def write(self, caller: Caller, draft: NoteDraft) -> Names:
        """Write a note, a second after everything before."""
        now = self.clock.advance(timedelta(seconds=1))
        ref, _ = await self.notes.create(caller, ID, draft, Cause(f"{now}"))
        return ID, ref.id

    async def read(self, caller: Caller, meeting: str = "") -> list[str]:
        return [one.state.text for _, one in (await self.notes.list(caller, ID, meeting, Query())).items]

    async def note_item(self, draft: ItemDraft) -> Names:
        self.clock.advance(timedelta(seconds=1))
        ref, _ = await self.items.create(mentee, ID, draft, Cause(draft.title))
        return ID, ref.id

    async def listed(self, state: Progress | None = None, meeting: str = "") -> list[str]:
        page = await self.items.list(mentor, Selection(ID, state, meeting), Query())
        return [stored.state.title for _, stored in page.items]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.mentorships.create(Ref(ORG, ID), active(), (), Cause("begin"))
    other = replace(active(), people=(MENTOR, STRANGER))
    await world.mentorships.create(Ref(ORG, OTHER), other, (), Cause("begin other"))
    return world


async def test_private_notes_are_their_authors_and_shared_ones_the_pairs(world: World) -> None:
    await world.write(mentee, NoteDraft(SECRET))
    await world.write(mentor, NoteDraft("needs time"))
    await world.write(mentee, NoteDraft("we agreed on a talk", shared=True))
    assert await world.read(mentee) == [SECRET, "we agreed on a talk"]
    assert await world.read(mentor) == ["needs time", "we agreed on a talk"]


async def test_a_private_note_is_hidden_from_the_other_one(world: World) -> None:
    names = await world.write(mentee, NoteDraft(SECRET))
    for act in (
        world.notes.get(mentor, names),
        world.notes.update(mentor, names, (NoteDraft("mine", shared=True), NOTE_FIELDS), ("", Cause("u"))),
        world.notes.delete(mentor, names, ("", Cause("d"))),
    ):
        with pytest.raises(NotFound):
            await act
    assert (await world.notes.get(mentee, names)).state.text == SECRET


@OUTSIDERS
async def test_nobody_else_reads_or_writes_notes(world: World, caller: Caller) -> None:
    names = await world.write(mentee, NoteDraft("shared", shared=True))
    for act in (
        world.notes.create(caller, ID, NoteDraft("x"), Cause("c")),
        world.notes.get(caller, names),
        world.notes.list(caller, ID, "", Query()),
        world.notes.update(caller, names, (NoteDraft("x"), ["text"]), ("", Cause("u"))),
        world.notes.delete(caller, names, ("", Cause("d"))),
    ):
        with pytest.raises(NotFound):
            await act


async def test_a_note_is_not_found_below_another_mentorship(world: World) -> None:
    _, key = await world.write(mentor, NoteDraft("x"))
    with pytest.raises(NotFound):
        await world.notes.get(mentor, (OTHER, key))


async def test_both_change_a_shared_note_and_its_author_alone_its_sharing(world: World) -> None:
    names = await world.write(mentee, NoteDraft("first", shared=True))
    changed = await world.notes.update(mentor, names, (NoteDraft("second"), ["text"]), ("", Cause("u1")))
    assert (changed.state.text, changed.state.author, changed.state.shared) == ("second", MENTEE, True)
    private = NoteDraft("", shared=False), ["shared"]
    with pytest.raises(Denied) as refusal:
        await world.notes.update(mentor, names, private, ("", Cause("u2")))
    assert refusal.value.reason == "NOT_THE_AUTHOR"
    await world.notes.update(mentee, names, private, (changed.etag, Cause("u3")))
    assert await world.read(mentor) == []
    assert await world.read(mentee) == ["second"]
    with pytest.raises(Conflict):
        await world.notes.update(mentee, names, private, (changed.etag, Cause("u4")))


async def test_an_erased_note_leaves_no_words_and_is_gone_for_both(world: World) -> None:
    names = await world.write(mentee, NoteDraft(SECRET, shared=True))
    with pytest.raises(Denied):
        await world.notes.delete(mentor, names, ("", Cause("d0")))
    await world.notes.delete(mentee, names, ("", Cause("d1")))
    await world.notes.delete(mentee, names, ("", Cause("d1")))
    for caller in (mentor, mentee):
        with pytest.raises(NotFound):
            await world.notes.get(caller, names)
        assert await world.read(caller) == []
    assert SECRET not in str(world.kept_notes.rows)


async def test_notes_are_found_by_their_meeting(world: World) -> None:
    await world.write(mentee, NoteDraft("before"))
    await world.write(mentee, NoteDraft("in it", meeting="m1"))
    assert await world.read(mentee, "m1") == ["in it"]


async def test_the_same_request_writes_one_note(world: World) -> None:
    first = await world.notes.create(mentee, ID, NoteDraft("x"), Cause("c", "body"))
    assert await world.notes.create(mentee, ID, NoteDraft("x"), Cause("c", "body")) == first
    with pytest.raises(Invalid):
        await world.notes.create(mentee, ID, NoteDraft("y"), Cause("c", "another body"))


async def test_what_is_told_of_notes_says_neither_who_nor_what(world: World) -> None:
    names = await world.write(mentee, NoteDraft(SECRET))
    await world.notes.update(mentee, names, (NoteDraft("new words"), ["text"]), ("", Cause("u")))
    await world.notes.delete(mentee, names, ("", Cause("d")))
    assert [event["type"].rpartition(".")[2] for event in world.kept_notes.outbox] == [
        "NoteUpdated",
        "NoteDeleted",
    ]
    told = str(world.kept_notes.outbox)
    assert not any(word in told for word in (MENTEE, MENTOR, SECRET, "new words"))


@pytest.mark.parametrize("text", ["", " \n ", "\x1b[31m"])
@pytest.mark.parametrize("parent", [proposed(), active(), ended()])
def test_notes_are_plain_words_at_any_time(parent: Mentorship, text: str) -> None:
    assert write(ID, parent, MENTOR, NoteDraft("a\n b ")).text == "a\n b"
    with pytest.raises(Invalid) as refusal:
        write(ID, parent, MENTOR, NoteDraft(text))
    assert [path for path, _ in refusal.value.fields] == ["note.text"]


@given(
    st.sampled_from([MENTOR, MENTEE]),
    st.lists(st.tuples(st.sampled_from([MENTOR, MENTEE]), st.booleans(), st.text(max_size=5))),
)
def test_whoever_changes_it_a_note_is_read_by_its_author_and_by_both_only_if_the_author_says_so(
    author: str, changes: list[tuple[str, bool, str]]
) -> None:
    state = write(ID, active(), author, NoteDraft("first"))
    for person, wanted, text in changes:
        before = state
        try:
            state.require_reader(ID, person)
            state, events = state.update(person, NoteDraft(text, shared=wanted), NOTE_FIELDS)
            assert events in ([], [NoteUpdated()])
        except (NotFound, Denied, Invalid):
            assert state == before
        assert author in state.readers
        assert state.shared == before.shared or person == author


async def test_open_items_are_carried_to_every_next_meeting_until_they_are_done(world: World) -> None:
    first = await world.note_item(ItemDraft("write", MENTEE, meeting="m1"))
    second = await world.note_item(ItemDraft("call", MENTOR, date(2026, 3, 9), "m1"))
    await world.note_item(ItemDraft("read", MENTEE, meeting="m2"))
    assert await world.listed(Progress.OPEN) == ["write", "call", "read"]
    done = await world.items.complete(mentor, first, ("", Cause("c")))
    await world.items.drop(mentee, second, ("", Cause("d")))
    assert done.state.complete_time == world.clock.now()
    by_state = {state: await world.listed(state) for state in (None, *Progress)}
    assert by_state == {
        None: ["write", "call", "read"],
        Progress.OPEN: ["read"],
        Progress.COMPLETED: ["write"],
        Progress.DROPPED: ["call"],
    }
    assert await world.listed(meeting="m1") == ["write", "call"]


async def test_an_item_is_done_once(world: World) -> None:
    names = await world.note_item(ItemDraft("write", MENTEE))
    await world.items.complete(mentee, names, ("", Cause("c")))
    await world.items.complete(mentee, names, ("", Cause("c")))
    for act in (
        world.items.complete(mentor, names, ("", Cause("c2"))),
        world.items.drop(mentor, names, ("", Cause("d"))),
        world.items.update(mentor, names, (ItemDraft("x", MENTOR), ["title"]), ("", Cause("u"))),
    ):
        with pytest.raises(Refused) as refusal:
            await act
        assert refusal.value.reason == "ACTION_ITEM_COMPLETED"
    told = [event["type"].rpartition(".")[2] for event in world.kept_items.outbox]
    assert told == ["ActionItemCreated", "ActionItemCompleted"]


async def test_a_dropped_item_stays_so(world: World) -> None:
    names = await world.note_item(ItemDraft("write", MENTEE))
    await world.items.drop(mentee, names, ("", Cause("d")))
    with pytest.raises(Refused) as refusal:
        await world.items.complete(mentee, names, ("", Cause("c")))
    assert refusal.value.reason == "ACTION_ITEM_DROPPED"


async def test_an_item_changes_hands_and_dates(world: World) -> None:
    names = await world.note_item(ItemDraft("write", MENTEE, meeting="m1"))
    wanted = ItemDraft("ignored", MENTOR, date(2026, 4, 1)), ["owner", "due_date"]
    changed = (await world.items.update(mentor, names, wanted, ("", Cause("u")))).state
    assert (changed.title, changed.owner, changed.due_date) == ("write", MENTOR, date(2026, 4, 1))
    assert changed.meeting == "m1"
    world.clock.advance(timedelta(days=100))
    late = ItemDraft("write soon", MENTOR, date(2026, 4, 1)), ["title", "due_date"]
    assert (await world.items.update(mentor, names, late, ("", Cause("l")))).state.title == "write soon"


@pytest.mark.parametrize(
    ("draft", "reason", "field"),
    [
        (ItemDraft(" ", MENTEE), "TEXT_BLANK", "title"),
        (ItemDraft("x", STRANGER), "OWNER_NOT_OF_PAIR", "owner"),
        (ItemDraft("x", ""), "OWNER_NOT_OF_PAIR", "owner"),
        (ItemDraft("x", MENTEE, date(2026, 3, 1)), "TARGET_DATE_PAST", "due_date"),
    ],
)
async def test_a_wrong_item_names_the_field(world: World, draft: ItemDraft, reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await world.items.create(mentee, ID, draft, Cause("c"))
    assert (refusal.value.reason, refusal.value.fields[0][0]) == (reason, f"action_item.{field}")
    assert world.kept_items.rows == {}


async def test_a_repeated_item_is_answered_after_the_end_though_no_new_one_is_noted(world: World) -> None:
    first = await world.items.create(mentee, ID, ItemDraft("write", MENTEE, NOON.date()), Cause("c"))
    world.clock.advance(timedelta(days=9))
    world.mentorships.rows[Ref(ORG, ID).key]["state"]["stage"] = "ENDED"
    assert await world.items.create(mentee, ID, ItemDraft("write", MENTEE, NOON.date()), Cause("c")) == first
    with pytest.raises(Refused) as refusal:
        await world.items.create(mentee, ID, ItemDraft("more", MENTEE), Cause("c2"))
    assert refusal.value.reason == "MENTORSHIP_ENDED"


@OUTSIDERS
async def test_nobody_else_reads_or_changes_items(world: World, caller: Caller) -> None:
    names = await world.note_item(ItemDraft("write", MENTEE))
    for act in (
        world.items.create(caller, ID, ItemDraft("x", MENTEE), Cause("c")),
        world.items.get(caller, names),
        world.items.list(caller, Selection(ID), Query()),
        world.items.update(caller, names, (ItemDraft("x", MENTEE), ["title"]), ("", Cause("u"))),
        world.items.complete(caller, names, ("", Cause("d"))),
        world.items.drop(caller, names, ("", Cause("e"))),
    ):
        with pytest.raises(NotFound):
            await act
    assert (await world.items.get(mentor, names)).version == 1


async def test_an_item_is_not_found_below_another_mentorship(world: World) -> None:
    _, key = await world.note_item(ItemDraft("write", MENTEE))
    with pytest.raises(NotFound):
        await world.items.get(mentor, (OTHER, key))
