"""Mails about meetings of groups: who gets which, and what they say."""

from typing import Any

import pytest
from google.protobuf.message import Message as Proto

from services.kernel.errors import Invalid
from services.notifications.app.ports import Invitation
from services.notifications.domain import texts
from services.notifications.domain.messages import Category, Draft, Facts, queue
from services.notifications.domain.words import LANGUAGES, words_of
from services.pb.mentoring.scheduling.v1 import codes_pb2 as codes
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling
from tests.notifications.factories import CONTACT, EVENT_ID, MENTEE, MENTOR, MESSAGE_ID, NOON, ORG
from tests.notifications.test_events import World

CO_MENTOR, GROUP = CONTACT, "group-1"
PEOPLE = f"organizations/{ORG}/people"
EVERYBODY = [MENTOR, CO_MENTOR, MENTEE]


def told(kind: type[Any], **more: Any) -> Any:
    """Return what happened to a meeting of a group with two mentors and one member."""
    event = kind(
        group_meeting=f"organizations/{ORG}/groups/{GROUP}/meetings/meeting-1",
        group=f"organizations/{ORG}/groups/{GROUP}",
        mentors=[f"{PEOPLE}/{MENTOR}", f"{PEOPLE}/{CO_MENTOR}"],
        members=[f"{PEOPLE}/{MENTEE}"],
        **more,
    )
    if "start_time" in kind.DESCRIPTOR.fields_by_name:
        event.start_time.FromDatetime(NOON)
    return event


@pytest.fixture
def world() -> World:
    return World()


async def mailed(world: World, event: Proto) -> dict[str, str]:
    """Return what everybody reads of an event that came twice: subjects by person."""
    for _ in range(2):
        await world.hear(event)
        await world.hear_own()
    await world.an_hour_later()
    assert len(world.everybody.mails) == len({mail.to.greeting for mail in world.everybody.mails})
    return {mail.to.greeting: mail.content.subject for mail in world.everybody.mails}


async def test_everybody_gets_the_invitation_and_is_reminded(world: World) -> None:
    subject = "Your mentoring meeting with your mentoring group is booked"
    assert await mailed(world, told(scheduling.GroupMeetingBooked)) == dict.fromkeys(EVERYBODY, subject)
    assert {mail.invitation for mail in world.everybody.mails} == {Invitation("REQUEST", GROUP)}
    assert all("please say so in the mentoring portal" in mail.content.text for mail in world.everybody.mails)
    with pytest.raises(Invalid, match="FOREIGN_ORGANIZATION"):
        await world.hear(told(scheduling.GroupMeetingBooked), tenant="globex")


async def test_a_series_is_told_of_as_one(world: World) -> None:
    for event in (
        told(scheduling.GroupMeetingBooked, series="series-1"),
        told(scheduling.GroupMeetingAttendeeAdded, person=f"{PEOPLE}/newcomer", told_of_series=True),
        told(scheduling.GroupMeetingAttendeeRemoved, person=f"{PEOPLE}/newcomer", told_of_series=True),
    ):
        assert await mailed(world, event) == {}
    subjects = await mailed(world, told(scheduling.GroupSeriesBooked, series="series-1"))
    assert list(subjects) == EVERYBODY
    assert world.invitations.whole == [True] * 3


async def test_a_reminder_goes_to_all_and_changes_no_calendar(world: World) -> None:
    subject = "Your mentoring meeting with your mentoring group is near"
    assert await mailed(world, told(scheduling.GroupMeetingReminderDue)) == dict.fromkeys(EVERYBODY, subject)
    assert {mail.invitation for mail in world.everybody.mails} == {None}


async def test_who_moved_it_or_called_it_off_is_named_to_the_others(world: World) -> None:
    event = told(scheduling.GroupMeetingRescheduled, person=f"{PEOPLE}/{MENTOR}")
    assert await mailed(world, event) == {
        MENTOR: "You moved your mentoring meeting with your mentoring group",
        CO_MENTOR: f"{MENTOR} moved your mentoring meeting",
        MENTEE: f"{MENTOR} moved your mentoring meeting",
    }


async def test_what_the_platform_called_off_names_nobody(world: World) -> None:
    subject = "Your mentoring meeting with your mentoring group does not take place"
    assert await mailed(world, told(scheduling.GroupMeetingCancelled)) == dict.fromkeys(EVERYBODY, subject)
    assert all("both of you" not in mail.content.text for mail in world.everybody.mails)


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        (
            scheduling.GroupMeetingAttendeeAdded,
            "Your mentoring meeting with your mentoring group is booked",
        ),
        (
            scheduling.GroupMeetingAttendeeRemoved,
            "You are no longer invited to a meeting of your mentoring group",
        ),
    ],
)
async def test_who_comes_or_leaves_alone_is_told_with_what_their_calendar_needs(
    world: World, event: type[Any], subject: str
) -> None:
    assert await mailed(world, told(event, person=f"{PEOPLE}/newcomer")) == {"newcomer": subject}
    assert world.everybody.mails[0].invitation is not None
    assert world.invitations.whole == [True], "of a series, to all of it"


async def test_mentors_hear_of_a_meeting_that_did_not_take_place(world: World) -> None:
    subject = "Please book your next mentoring meeting with your mentoring group"
    assert await mailed(world, told(scheduling.GroupMeetingMissed)) == dict.fromkeys(EVERYBODY[:2], subject)


async def test_mentors_hear_who_asks_for_another_time_and_nobody_of_other_answers(world: World) -> None:
    declined = told(
        scheduling.GroupMeetingAnswered, person=f"{PEOPLE}/{MENTEE}", status=codes.ANSWER_STATUS_DECLINED
    )
    assert await mailed(world, declined) == {}
    countered = told(
        scheduling.GroupMeetingAnswered, person=f"{PEOPLE}/{MENTOR}", status=codes.ANSWER_STATUS_COUNTERED
    )
    countered.proposed_start_time.FromDatetime(NOON)
    assert await mailed(world, countered) == {
        CO_MENTOR: f"{MENTOR} asks for another time for your mentoring meeting"
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["", "PLATFORM", "LEFT"])
def test_every_language_knows_groups(language: str, code: str) -> None:
    facts = Facts(group=GROUP, meeting="meeting-1", code=code, moment=NOON)
    message, _ = queue(Draft(MENTEE, Category.MEETING_CANCELLED, facts), MESSAGE_ID, EVENT_ID)
    content = texts.written(message, texts.Reader(texts.Names("Kim"), language))
    assert words_of(language).mentee not in content.subject + content.text
    assert code == "LEFT" or words_of(language).group in content.text
