"""Introductions: all three agree or nothing happens, and nobody learns who did not want it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Denied, Invalid, NotFound, Refusal, Refused
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.mentorships import store
from services.mentorships.app.introductions import Introductions, Selection
from services.mentorships.app.ports import ALL
from services.mentorships.domain import Mentorship
from services.mentorships.domain.introductions import (
    Introduction,
    IntroductionConsented,
    IntroductionDeclined,
    IntroductionDraft,
    IntroductionMade,
    IntroductionOffered,
    IntroductionProposed,
    Progress,
    propose,
)
from services.mentorships.wire import introductions as wire
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import introduction_service_pb2 as pb
from tests.fakes import Aggregates
from tests.mentorships.callers import Everybody, foreigner, hr, lead, mentee, mentor, stranger
from tests.mentorships.factories import ID, LEAD, MENTEE, MENTOR, NOON, ORG, active, ended, proposed

CONTACT = "e0100555"
PEOPLE = f"organizations/{ORG}/people"
NAME = f"organizations/{ORG}/mentorships/{ID}/introductions/i-1"
DRAFT = IntroductionDraft(CONTACT, note="She runs the lab you dream of.", message="Could you spare an hour?")
SOON = NOON + timedelta(days=1)
LATE = NOON + timedelta(days=14)
contact = Caller(ORG, CONTACT, frozenset({"mentee"}))


def asked() -> Introduction:
    """Return an introduction to which nobody has said anything."""
    return propose(ID, active(), MENTOR, DRAFT, NOON)[0]


def half() -> Introduction:
    """Return one to which the mentee has agreed."""
    return asked().consent(MENTEE, SOON, between=active())[0]


def made() -> Introduction:
    """Return one to which all have agreed."""
    return half().consent(CONTACT, SOON, between=active())[0]


def test_the_mentor_proposes() -> None:
    introduction, told = propose(ID, active(), MENTOR, DRAFT, NOON)
    assert (introduction.people, told) == ((MENTOR, MENTEE, CONTACT), [IntroductionProposed()])
    assert (introduction.expire_time, introduction.due_at) == (LATE, LATE)


@pytest.mark.parametrize(
    ("mentorship", "person", "kind", "why"),
    [
        (active(), MENTEE, Denied, "NOT_THE_MENTOR"),
        (active(), LEAD, NotFound, "NOT_FOUND"),
        (proposed(), MENTOR, Refused, "MENTORSHIP_NOT_ACTIVE"),
        (ended(), MENTOR, Refused, "MENTORSHIP_NOT_ACTIVE"),
    ],
)
def test_nobody_else_proposes_and_only_in_an_active_mentorship(
    mentorship: Mentorship, person: str, kind: type[Refusal], why: str
) -> None:
    with pytest.raises(kind) as refusal:
        propose(ID, mentorship, person, DRAFT, NOON)
    assert refusal.value.reason == why


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (replace(DRAFT, contact=MENTEE), "contact"),
        (replace(DRAFT, contact=MENTOR), "contact"),
        (replace(DRAFT, note="\x00"), "note"),
        (replace(DRAFT, message="\x00"), "message"),
    ],
)
def test_what_is_proposed_makes_sense(draft: IntroductionDraft, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        propose(ID, active(), MENTOR, draft, NOON)
    assert [path for path, _ in refusal.value.fields] == [f"introduction.{field}"]


def test_the_mentee_is_asked_first_and_the_contact_makes_it() -> None:
    with pytest.raises(NotFound):
        asked().consent(CONTACT, SOON, between=active())
    agreed, told = asked().consent(MENTEE, SOON, between=active())
    assert told == [IntroductionConsented(MENTEE), IntroductionOffered()]
    introduced, told = agreed.consent(CONTACT, SOON, between=active())
    assert told == [IntroductionConsented(CONTACT), IntroductionMade()]
    assert (introduced.progress, introduced.due_at) == (Progress.MADE, None)


@pytest.mark.parametrize(("state", "person"), [(half(), MENTEE), (made(), MENTEE), (made(), CONTACT)])
def test_agreeing_again_changes_nothing(state: Introduction, person: str) -> None:
    assert state.consent(person, SOON, between=active()) == (state, [])


def test_the_mentor_has_nothing_to_agree_to() -> None:
    with pytest.raises(Denied) as refusal:
        asked().consent(MENTOR, SOON, between=active())
    assert refusal.value.reason == "NOT_ASKED"


@pytest.mark.parametrize(
    ("state", "now", "mentorship"),
    [
        pytest.param(asked().drop()[0], SOON, active(), id="off"),
        pytest.param(asked(), LATE, active(), id="late, before the timer"),
        pytest.param(asked(), SOON, ended(), id="the mentorship is over"),
    ],
)
def test_it_is_too_late_to_agree(state: Introduction, now: datetime, mentorship: Mentorship) -> None:
    with pytest.raises(Refused) as refusal:
        state.consent(MENTEE, now, between=mentorship)
    assert refusal.value.reason == "INTRODUCTION_OVER"


def test_a_refusal_a_withdrawal_and_silence_cannot_be_told_apart() -> None:
    """Not from the state either: who declined is kept nowhere."""
    declined = {half().decline(person, SOON)[0] for person in (MENTOR, MENTEE, CONTACT)}
    declined.add(half().fire(LATE)[0])
    assert len(declined) == 1
    assert half().decline(CONTACT, SOON)[1] == half().fire(LATE)[1] == [IntroductionDeclined()]
    shown = {
        one.read_by(MENTOR, oversees=False)
        for one in (asked().decline(MENTEE, SOON)[0], half().decline(CONTACT, SOON)[0])
    }
    assert {(one.progress, one.consents) for one in shown} == {(Progress.DECLINED, ())}


def test_declining_twice_changes_nothing_and_what_is_made_stays() -> None:
    off = half().decline(MENTEE, SOON)[0]
    assert off.decline(CONTACT, SOON) == (off, [])
    assert made().drop() == (made(), [])
    with pytest.raises(Refused):
        made().decline(CONTACT, SOON)
    with pytest.raises(NotFound):
        asked().decline(CONTACT, SOON)


@given(st.permutations([MENTEE, CONTACT, MENTOR, LEAD] * 2))
def test_it_is_made_only_when_both_agreed_in_whatever_order_they_try(order: list[str]) -> None:
    state = asked()
    for person in order:
        try:
            state, _ = state.consent(person, SOON, between=active())
        except Refusal:
            continue
        assert (state.progress is Progress.MADE) is ({MENTEE, CONTACT} <= set(state.consents))


def test_the_contact_sees_what_is_needed() -> None:
    with pytest.raises(NotFound):
        asked().read_by(CONTACT, oversees=False)
    seen = half().read_by(CONTACT, oversees=False)
    assert (seen.note, seen.message, seen.consents) == ("", DRAFT.message, ())
    overseen = half().read_by("admin", oversees=True)
    assert (overseen.note, overseen.message, overseen.consents) == ("", "", ())
    for person in (LEAD, stranger.subject):
        with pytest.raises(NotFound):
            half().read_by(person, oversees=False)


class World:
    """An active mentorship and introductions in memory."""

    def __init__(self, *absent: str) -> None:
        self.clock = FixedClock(NOON)
        self.mentorships = Aggregates(store.MENTORSHIPS, self.clock)
        self.kept = Aggregates(store.INTRODUCTIONS, self.clock)
        self.app = Introductions(self.kept, self.mentorships, Everybody(*absent), self.clock)

    async def start(self) -> "World":
        await self.mentorships.create(Ref(ORG, ID), active(), (), Cause("match"))
        return self

    async def propose(self, request: str = "p", draft: IntroductionDraft = DRAFT) -> tuple[str, str]:
        self.clock.advance(timedelta(minutes=1))
        ref, _ = await self.app.propose(mentor, ID, draft, Cause(request))
        return ID, ref.id

    def told(self) -> list[str]:
        return [event["type"].rpartition(".")[2] for event in self.kept.outbox]


@pytest.fixture
async def world() -> World:
    return await World().start()


async def test_an_introduction_is_made_once_however_often_requests_come(world: World) -> None:
    names = await world.propose()
    assert await world.propose() == names
    for _ in range(2):
        await world.app.consent(mentee, names, Cause("c-1"), etag="")
        await world.app.consent(contact, names, Cause("c-2"), etag="")
    assert world.told() == [
        "IntroductionProposed",
        "IntroductionConsented",
        "IntroductionOffered",
        "IntroductionConsented",
        "IntroductionMade",
    ]


async def test_one_introduction_to_a_contact_unless_it_was_declined(world: World) -> None:
    names = await world.propose("p-1")
    with pytest.raises(Refused) as refusal:
        await world.propose("p-2")
    assert refusal.value.reason == "INTRODUCTION_KNOWN"
    await world.app.decline(mentee, names, Cause("d"), etag="")
    await world.propose("p-3")


async def test_a_contact_who_is_nobody_is_not_found() -> None:
    world = await World(CONTACT).start()
    with pytest.raises(NotFound) as refusal:
        await world.propose()
    assert refusal.value.reason == "PERSON_NOT_FOUND"


@pytest.mark.parametrize("reader", [contact, stranger, lead, foreigner])
async def test_who_does_not_know_of_it_finds_nothing(world: World, reader: Caller) -> None:
    names = await world.propose()
    with pytest.raises(NotFound):
        await world.app.get(reader, names)
    for act in (world.app.consent, world.app.decline):
        with pytest.raises(NotFound):
            await act(reader, names, Cause("x"), etag="")
    assert (await world.app.list(reader, Selection(ALL), Query())).items == []


async def test_it_is_found_below_its_own_mentorship_only(world: World) -> None:
    _, key = await world.propose()
    with pytest.raises(NotFound):
        await world.app.get(mentor, ("another", key))
    with pytest.raises(NotFound):
        await world.app.decline(mentee, ("another", key), Cause("d"), etag="")


async def test_lists_keep_track_for_all_who_know(world: World) -> None:
    first = await world.propose("p-1")
    second = await world.propose("p-2", replace(DRAFT, contact="e0100556"))
    await world.app.consent(mentee, first, Cause("c"), etag="")

    async def listed(by: Caller, asked: Selection) -> list[str]:
        return [key for key, _ in (await world.app.list(by, asked, Query())).items]

    assert await listed(mentor, Selection(ID)) == [second[1], first[1]]
    assert await listed(contact, Selection(ALL)) == [first[1]]
    await world.app.decline(mentee, second, Cause("d"), etag="")
    assert await listed(hr, Selection(ALL, Progress.DECLINED)) == [second[1]]


async def test_the_end_of_the_mentorship_ends_what_is_open(world: World) -> None:
    names = await world.propose()
    for _ in range(2):
        await world.app.over(Ref(ORG, ID), Cause("over"))
    assert (await world.app.get(mentor, names)).state.progress is Progress.DECLINED
    assert world.told() == ["IntroductionProposed", "IntroductionDeclined"]


def test_the_mentor_cannot_tell_from_the_version_who_agreed() -> None:
    shown = {
        wire.introduction(
            Ref(ORG, "i-1"), Versioned(state.read_by(MENTOR, oversees=False), version, NOON, SOON), MENTOR
        ).SerializeToString(deterministic=True)
        for version, state in ((1, asked()), (2, half()))
    }
    assert len(shown) == 1


def test_events_name_the_three_and_no_words() -> None:
    three = {
        "introduction": NAME,
        "mentorship": f"organizations/{ORG}/mentorships/{ID}",
        "mentor": f"{PEOPLE}/{MENTOR}",
        "mentee": f"{PEOPLE}/{MENTEE}",
        "contact": f"{PEOPLE}/{CONTACT}",
    }
    ref = Ref(ORG, "i-1")
    outgoing = wire.introduction_outgoing(ref, asked(), IntroductionProposed())
    assert (outgoing.message, outgoing.key) == (events.IntroductionProposed(**three), ID)
    assert wire.introduction_outgoing(ref, made(), IntroductionMade()).message == events.IntroductionMade(
        **three
    )
    offered = wire.introduction_outgoing(ref, half(), IntroductionOffered()).message
    assert offered == events.IntroductionOffered(
        introduction=NAME, mentorship=three["mentorship"], contact=three["contact"]
    )
    assert wire.introduction_outgoing(
        ref, asked(), IntroductionDeclined()
    ).message == events.IntroductionDeclined(introduction=NAME, mentorship=three["mentorship"])


def test_what_was_asked_for_is_what_is_shown() -> None:
    message = pb.Introduction(contact=f"{PEOPLE}/{CONTACT}", note=DRAFT.note, message=DRAFT.message)
    assert wire.draft(ORG, message) == DRAFT
    shown = wire.introduction(Ref(ORG, "i-1"), Versioned(half(), 2, NOON, SOON), MENTEE)
    assert (shown.name, shown.note, shown.consented, shown.etag) == (NAME, DRAFT.note, True, '"2"')
    with pytest.raises(Invalid):
        wire.draft("globex", message)
