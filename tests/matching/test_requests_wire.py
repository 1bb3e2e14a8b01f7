"""Requests, seats and rematches <-> protobuf: nothing is lost, and events carry ids and codes only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import asking, matches, requests, seats
from services.matching.domain.matches import Misfit
from services.matching.domain.policy import Pair
from services.matching.domain.programs import USUAL_REQUESTS
from services.matching.wire import events as tell
from services.matching.wire import matching as encode
from services.matching.wire import requests as wire
from services.pb.mentoring.matching.v1 import events_pb2 as events
from services.pb.mentoring.matching.v1 import match_request_service_pb2 as pb
from services.pb.mentoring.matching.v1 import matching_service_pb2 as matching
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.matching.factories import (
    MATCH,
    MATCH_ID,
    MENTEE,
    MENTOR,
    MENTORSHIP_ID,
    NOW,
    ORG,
    PROGRAM_ID,
)

REQUEST_ID = "55555555-5555-4555-8555-555555555555"
HERE = Ref(ORG, REQUEST_ID)
LATER = datetime(2026, 3, 5, tzinfo=UTC)
PROGRAM_NAME = f"organizations/{ORG}/programs/{PROGRAM_ID}"
NAME = f"{PROGRAM_NAME}/matchRequests/{REQUEST_ID}"
WISH = asking.Wish(PROGRAM_ID, Pair(MENTOR, MENTEE), MENTEE, "Would you?")
REQUEST = asking.ask(WISH, USUAL_REQUESTS, [], NOW, waits=False)[0]


def person(one: str) -> str:
    return f"organizations/{ORG}/people/{one}"


def shown(state: requests.MatchRequest) -> pb.MatchRequest:
    return wire.request(HERE, Versioned(state, 3, NOW, LATER))


@pytest.mark.parametrize(
    ("role", "pair"),
    [(Person.ROLE_MENTEE, Pair("other", "caller")), (Person.ROLE_MENTOR, Pair("caller", "other"))],
)
def test_the_role_is_what_the_caller_wants_to_be(role: Person.Role.ValueType, pair: Pair) -> None:
    asked = pb.CreateMatchRequestRequest(person=person("other"), role=role, message=" Would\r\nyou? ")
    assert wire.wish(ORG, PROGRAM_ID, "caller", asked) == asking.Wish(
        PROGRAM_ID, pair, "caller", "Would\nyou?"
    )


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"person": "nobody"}, "MALFORMED_NAME", "person"),
        ({"person": "organizations/globex/people/x"}, "FOREIGN_ORGANIZATION", "person"),
        ({"message": "\x07"}, "TEXT_NOT_PLAIN", "message"),
    ],
)
def test_what_cannot_be_asked_names_its_field(changes: dict[str, str], reason: str, field: str) -> None:
    given = {"person": person("other"), "message": "", **changes}
    asked = pb.CreateMatchRequestRequest(role=Person.ROLE_MENTEE, **given)
    with pytest.raises(Invalid) as refusal:
        wire.wish(ORG, PROGRAM_ID, "caller", asked)
    assert (refusal.value.reason, refusal.value.fields[0][0]) == (reason, field)


def test_a_request_shows_all_of_itself() -> None:
    told = REQUEST.ask_more(MENTOR, "What for?", NOW)[0].tell_more(MENTEE, "Python.", NOW)[0]
    message = shown(replace(told, reminders=2, close_reason="PAUSED", match=MATCH_ID))
    assert (message.name, message.etag) == (NAME, '"3"')
    assert (message.mentor, message.mentee, message.requester) == (
        person(MENTOR),
        person(MENTEE),
        person(MENTEE),
    )
    assert (message.message, message.question, message.answer) == ("Would you?", "What for?", "Python.")
    assert (message.reminders, message.close_reason) == (2, "PAUSED")
    assert message.match == f"{PROGRAM_NAME}/matches/{MATCH_ID}"
    assert message.expire_time.ToDatetime(UTC) == NOW + timedelta(hours=336)
    assert (message.create_time.ToDatetime(UTC), message.update_time.ToDatetime(UTC)) == (NOW, LATER)


@pytest.mark.parametrize("stage", requests.Stage)
def test_every_stage_has_its_state_there_and_back(stage: requests.Stage) -> None:
    message = shown(replace(REQUEST, stage=stage))
    assert wire.stage(message.state) is stage
    assert message.HasField("expire_time") is (stage in {requests.Stage.PENDING, requests.Stage.MORE_ASKED})
    assert message.match == ""


def test_the_contract_knows_no_other_state() -> None:
    assert len(pb.MatchRequest.State.keys()) == len(requests.Stage) + 1


@pytest.mark.parametrize("event", requests.Event)
def test_every_event_tells_who_asked_whom_where(event: requests.Event) -> None:
    out = tell.request_outgoing(HERE, replace(REQUEST, match=MATCH_ID, close_reason="PAUSED"), event)
    message = getattr(events, event.value).FromString(out.message.SerializeToString())
    assert (out.subject, out.key) == (NAME, REQUEST_ID)
    assert (message.match_request, message.program) == (NAME, PROGRAM_NAME)
    assert (message.requester, message.recipient) == (person(MENTEE), person(MENTOR))
    more = {field.name for field, _ in message.ListFields()}
    more -= {"match_request", "program", "requester", "recipient"}
    expected = {requests.Event.MATCHED: {"match"}, requests.Event.CLOSED: {"reason"}}
    assert more == expected.get(event, set())


@pytest.mark.parametrize("waits", [True, False])
def test_the_first_event_says_whether_it_waits_in_line(*, waits: bool) -> None:
    request, (event,) = asking.ask(WISH, USUAL_REQUESTS, [], NOW, waits=waits)
    message = tell.request_outgoing(HERE, request, event).message
    assert isinstance(message, events.MatchRequested)
    assert message.waitlisted is waits


@pytest.mark.parametrize(
    ("event", "kind"),
    [(seats.SeatsTaken(), events.MentorSeatsTaken), (seats.SeatsFreed(), events.MentorSeatsFreed)],
)
def test_seats_are_told_under_their_mentors_key(event: seats.Event, kind: type) -> None:
    state = seats.Seats((seats.Seat("one", PROGRAM_ID), seats.Seat("two", PROGRAM_ID)))
    out = tell.seats_outgoing(Ref(ORG, MENTOR), state, event)
    assert out.message == kind(mentor=person(MENTOR), held=2)
    assert (out.subject, out.key) == (f"{person(MENTOR)}/mentorSeats", MENTOR)


def test_the_end_of_a_match_is_told_under_the_key_of_its_mentorship_without_why() -> None:
    confirmed = MATCH.accept(MENTEE)[0].accept(MENTOR)[0]
    ended, (event,) = confirmed.rematch(MENTEE, Misfit.NO_FIT)
    out = tell.match_outgoing(Ref(ORG, MATCH_ID), ended, event)
    assert out.key == MENTORSHIP_ID
    assert out.message == events.MatchEnded(
        match=f"{PROGRAM_NAME}/matches/{MATCH_ID}",
        mentorship=f"organizations/{ORG}/mentorships/{MENTORSHIP_ID}",
        mentor=person(MENTOR),
        mentee=person(MENTEE),
    )


def test_an_adopted_mentorship_is_told_under_its_key() -> None:
    adopted, (event,) = matches.adopt(MATCH.origin, MATCH.people)
    out = tell.match_outgoing(Ref(ORG, MATCH_ID), adopted, event)
    assert out.key == MENTORSHIP_ID
    assert out.message == events.MatchAdopted(
        match=f"{PROGRAM_NAME}/matches/{MATCH_ID}",
        mentorship=f"organizations/{ORG}/mentorships/{MENTORSHIP_ID}",
        mentor=person(MENTOR),
        mentee=person(MENTEE),
    )


@pytest.mark.parametrize("misfit", Misfit)
def test_every_reason_for_a_rematch_comes_in_and_shows_to_whom_it_may(misfit: Misfit) -> None:
    reason = matching.RequestRematchRequest.Reason.Value(f"REASON_{misfit}")
    assert encode.misfit(reason) is misfit
    ended = MATCH.accept(MENTEE)[0].accept(MENTOR)[0].rematch(MENTEE, misfit)[0]
    here = Ref(ORG, MATCH_ID)
    assert encode.match(here, Versioned(ended, 4, NOW, LATER), MENTEE).rematch_reason == reason
    for_others = encode.match(here, Versioned(ended.without_misfit(), 4, NOW, LATER), MENTOR)
    assert for_others.rematch_reason == matching.RequestRematchRequest.REASON_UNSPECIFIED
    assert for_others.mentorship.endswith(MENTORSHIP_ID)


def test_a_match_shows_the_mentors_side_too() -> None:
    match = replace(MATCH, mentor_score_ppm=450_000, mentor_contributions=MATCH.contributions[:1])
    message = encode.match(Ref(ORG, MATCH_ID), Versioned(match, 1, NOW, NOW), MENTEE)
    assert message.mentor_score_ppm == sum(part.score_ppm for part in message.mentor_contributions) == 450_000
    assert isinstance(match, matches.Match)
