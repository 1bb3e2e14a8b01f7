"""Requests between people and rematches through real gRPC sockets, a real database and real profiles."""

from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from typing import Any

import grpc
import pytest

from services.kernel.errors import Denied, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from services.kernel.rpc import client
from services.notifications.clients.matching import Matching
from services.notifications.domain.checkins import Stage
from services.notifications.domain.links import Action
from services.pb.mentoring.matching.v1 import match_request_service_pb2 as pb
from services.pb.mentoring.matching.v1 import matching_service_pb2 as matching
from services.pb.mentoring.matching.v1 import program_service_pb2 as program_pb
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.kernel.rpc.conftest import failure
from tests.matching.conftest import Identity, Platform
from tests.matching.export import COLUMNS, row
from tests.matching.factories import NOW, ORG

pytestmark = pytest.mark.servers
Code = grpc.StatusCode
PEOPLE = (
    COLUMNS
    + row("e1", 9, "", "en", "", "", "", "0", "active")
    + row("e2", 7, "e1", "en;de", "mentor", "python:5", "", "1", "active")
    + row("e3", 4, "e1", "en;de", "mentee", "", "python:3", "0", "active")
    + row("e4", 3, "e1", "en", "mentee", "", "cobol:3", "0", "active")
    + row("e6", 6, "e1", "fr", "mentor", "python:5", "", "1", "active")
    + row("e7", 3, "e2", "en", "mentee", "", "python:3", "0", "active")
).encode()


def person(one: str, org: str = ORG) -> str:
    return f"organizations/{org}/people/{one}"


class Story:
    """One program on a running platform in which e3, e4 and e7 seek and e2 and e6 offer; e7 reports to e2."""

    def __init__(self, platform: Platform, program: str) -> None:
        self.platform = platform
        self.program = program
        self.calls = platform.requests

    def auth(self, who: str, role: str = "") -> Any:
        known = {"e1": "program_lead", "e2": "mentor", "e6": "mentor", "hr": "hr_admin"}
        return self.platform.auth(who, role or known.get(who, "mentee"))

    async def ask(self, who: str = "e3", other: str = "e2", **how: Any) -> pb.MatchRequest:
        role = Person.ROLE_MENTOR if who in {"e2", "e6"} else Person.ROLE_MENTEE
        given = {"parent": self.program, "role": role, "message": "Would you?", **how}
        request = pb.CreateMatchRequestRequest(person=person(other), **given)
        made: pb.MatchRequest = await self.calls.CreateMatchRequest(request, metadata=self.auth(who))
        return made

    async def do(self, act: str, who: str, name: str, **how: Any) -> pb.MatchRequest:
        kind = getattr(pb, f"{act}Request")
        done: pb.MatchRequest = await getattr(self.calls, act)(
            kind(name=name, **how), metadata=self.auth(who)
        )
        return done

    async def read(self, who: str, name: str) -> pb.MatchRequest:
        return await self.do("GetMatchRequest", who, name)

    async def hear(self, name: str) -> None:
        """Do what hearing of a yes does."""
        await self.platform.settling.settle(Ref(ORG, name.rpartition("/")[2]), Cause(f"heard-{name}"))

    async def confirmed(self) -> matching.Match:
        """Let e3 and e2 be matched."""
        asked = await self.ask()
        await self.do("AcceptMatchRequest", "e2", asked.name)
        await self.hear(asked.name)
        read = matching.GetMatchRequest(name=(await self.read("e3", asked.name)).match)
        match: matching.Match = await self.platform.matching.GetMatch(read, metadata=self.auth("e3"))
        return match

    async def rematch(self, who: str, match: matching.Match, **how: Any) -> matching.Match:
        given = {"reason": matching.RequestRematchRequest.REASON_NO_TIME, **how}
        request = matching.RequestRematchRequest(name=match.name, **given)
        ended: matching.Match = await self.platform.matching.RequestRematch(request, metadata=self.auth(who))
        return ended


@pytest.fixture
async def story(platform: Platform) -> Story:
    """Begin with everybody enrolled as what they seek."""
    await platform.import_people(PEOPLE)
    draft = program_pb.Program(display_name="Spring", lead=person("e1"))
    create = program_pb.CreateProgramRequest(parent=f"organizations/{ORG}", program=draft)
    program = await platform.programs.CreateProgram(create, metadata=platform.auth("e1"))
    roles = dict.fromkeys(("e3", "e4", "e7"), Person.ROLE_MENTEE)
    roles |= {"e2": Person.ROLE_MENTOR, "e6": Person.ROLE_MENTOR}
    wishes = [program_pb.EnrolmentRequest(person=person(one), roles=[role]) for one, role in roles.items()]
    enrol = program_pb.BatchEnrolPeopleRequest(parent=program.name, requests=wishes)
    await platform.programs.BatchEnrolPeople(enrol, metadata=platform.auth("e1"))
    return Story(platform, program.name)


async def test_from_a_question_to_a_match(story: Story) -> None:
    asked = await story.ask()
    assert (asked.state, asked.requester, asked.mentor) == (
        pb.MatchRequest.STATE_PENDING,
        person("e3"),
        person("e2"),
    )
    assert asked.HasField("expire_time")
    more = await story.do("AskForMore", "e2", asked.name, question="What for?", etag=asked.etag)
    assert (more.state, more.question) == (pb.MatchRequest.STATE_MORE_ASKED, "What for?")
    told = await story.do("AnswerMatchRequest", "e3", asked.name, answer="Python.", etag=more.etag)
    assert (told.state, told.answer) == (pb.MatchRequest.STATE_PENDING, "Python.")
    reminded = await story.do("RemindMatchRequest", "e3", asked.name)
    assert reminded.reminders == 1
    yes = await story.do("AcceptMatchRequest", "e2", asked.name)
    assert yes.state == pb.MatchRequest.STATE_ACCEPTED
    await story.hear(asked.name)
    done = await story.read("e3", asked.name)
    assert done.state == pb.MatchRequest.STATE_MATCHED
    match = await story.platform.matching.GetMatch(
        matching.GetMatchRequest(name=done.match), metadata=story.auth("e2")
    )
    assert match.state == matching.Match.STATE_CONFIRMED
    assert (match.mentor, match.mentee) == (person("e2"), person("e3"))
    assert sum(part.score_ppm for part in match.contributions) == match.score_ppm > 0


async def test_declined_and_taken_back(story: Story) -> None:
    asked = await story.ask()
    declined = await story.do("DeclineMatchRequest", "e2", asked.name)
    assert declined.state == pb.MatchRequest.STATE_DECLINED
    again = await story.ask()
    withdrawn = await story.do("WithdrawMatchRequest", "e3", again.name)
    assert withdrawn.state == pb.MatchRequest.STATE_WITHDRAWN


async def test_a_mentor_without_a_seat_is_asked_in_line_and_answers_all_the_same(story: Story) -> None:
    await story.confirmed()
    asked = await story.ask("e4")
    assert asked.state == pb.MatchRequest.STATE_WAITLISTED
    assert not asked.HasField("expire_time")
    await story.do("AcceptMatchRequest", "e2", asked.name)
    await story.hear(asked.name)
    assert (await story.read("e4", asked.name)).state == pb.MatchRequest.STATE_WAITLISTED


@pytest.fixture
async def links(story: Story) -> AsyncIterator[Matching]:
    """Answer as notifications does for who followed a link in a message."""
    platform = story.platform
    async with client.channel(platform.address, Identity(platform.issuer)) as channel:
        yield Matching(channel)


def linked(name: str, who: str) -> Action:
    """Return what a link lets somebody answer."""
    return Action(ORG, who, name.removeprefix(f"organizations/{ORG}/"), NOW + timedelta(days=14))


async def test_a_link_says_yes_for_whom_was_asked_once_and_never_no_after_it(
    story: Story, links: Matching
) -> None:
    asked = await story.ask()
    mine = linked(asked.name, "e2")
    assert (await links.get(mine)).stage is Stage.OPEN
    for _ in range(2):
        assert (await links.answer(mine, {"answer": "yes"})).stage is Stage.ANSWERED
    assert (await story.read("e2", asked.name)).state == pb.MatchRequest.STATE_ACCEPTED
    with pytest.raises(Refused, match="REQUEST_ACCEPTED"):
        await links.answer(mine, {"answer": "no"})
    assert (await links.get(mine)).stage is Stage.ANSWERED


async def test_a_link_says_no_and_finds_out_what_was_taken_back(story: Story, links: Matching) -> None:
    first = await story.ask()
    assert (await links.answer(linked(first.name, "e2"), {"answer": "no"})).stage is Stage.ANSWERED
    assert (await story.read("e3", first.name)).state == pb.MatchRequest.STATE_DECLINED
    second = await story.ask()
    await story.do("WithdrawMatchRequest", "e3", second.name)
    mine = linked(second.name, "e2")
    with pytest.raises(Refused, match="REQUEST_OVER"):
        await links.answer(mine, {"answer": "yes"})
    assert (await links.get(mine)).stage is Stage.EXPIRED


async def test_only_a_service_answers_for_somebody_and_only_for_the_person_asked(
    story: Story, links: Matching
) -> None:
    asked = await story.ask()
    with pytest.raises(Denied, match="NOT_THE_RECIPIENT"):
        await links.answer(linked(asked.name, "e3"), {"answer": "yes"})
    for read in (
        links.get(linked(asked.name, "e4")),
        links.answer(linked(asked.name, "e4"), {"answer": "no"}),
    ):
        with pytest.raises(NotFound):
            await read
    for who in ("e2", "hr"):
        for call in (
            story.do("GetLinkedMatchRequest", who, asked.name, person=person("e2")),
            story.do("AnswerLinkedMatchRequest", who, asked.name, person=person("e2"), answer=1),
        ):
            assert (await failure(call)).code is Code.PERMISSION_DENIED
    assert (await story.read("e2", asked.name)).state == pb.MatchRequest.STATE_PENDING


async def test_the_same_request_again_answers_the_same(story: Story) -> None:
    first = await story.ask(request_id="one")
    assert await story.ask(request_id="one") == first
    refused = await failure(story.ask(request_id="one", message="Else?"))
    assert (refused.code, refused.info.reason) == (Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED")
    once = await story.do("AcceptMatchRequest", "e2", first.name, request_id="yes")
    assert await story.do("AcceptMatchRequest", "e2", first.name, request_id="yes") == once


async def test_what_cannot_be_asked(story: Story) -> None:
    await story.ask()
    cases: list[tuple[Awaitable[Any], grpc.StatusCode, str]] = [
        (story.ask(), Code.FAILED_PRECONDITION, "REQUEST_OPEN"),
        (story.ask("e2", "e3"), Code.FAILED_PRECONDITION, "REQUEST_OPEN"),
        (story.ask("e3", "e6"), Code.FAILED_PRECONDITION, "NOT_ALLOWED"),
        (story.ask("e7", "e2"), Code.FAILED_PRECONDITION, "NOT_ALLOWED"),
        (story.ask("e3", "e4"), Code.FAILED_PRECONDITION, "NOT_ENROLLED"),
        (story.ask("e3", "e9"), Code.FAILED_PRECONDITION, "NOT_ENROLLED"),
        (story.ask(parent=f"organizations/{ORG}/programs/none"), Code.NOT_FOUND, "NOT_FOUND"),
        (story.ask(parent="organizations/globex/programs/none"), Code.NOT_FOUND, "NOT_FOUND"),
        (story.ask(role=0), Code.INVALID_ARGUMENT, "INVALID_FIELDS"),
        (story.ask(message="x" * 2001), Code.INVALID_ARGUMENT, "INVALID_FIELDS"),
        (story.ask(message="\x00"), Code.INVALID_ARGUMENT, "TEXT_NOT_PLAIN"),
    ]
    for call, code, reason in cases:
        refused = await failure(call)
        assert (refused.code, refused.info.reason) == (code, reason)


async def test_who_has_a_match_asks_nobody_in_the_program(story: Story) -> None:
    await story.confirmed()
    refused = await failure(story.ask("e3", "e2"))
    assert (refused.code, refused.info.reason) == (Code.FAILED_PRECONDITION, "ALREADY_MATCHED")


async def test_what_cannot_be_done(story: Story) -> None:
    name = (await story.ask()).name
    for act, who, reason, how in (
        ("AcceptMatchRequest", "e3", "NOT_THE_RECIPIENT", {}),
        ("DeclineMatchRequest", "e3", "NOT_THE_RECIPIENT", {}),
        ("AskForMore", "e3", "NOT_THE_RECIPIENT", {"question": "Why?"}),
        ("AnswerMatchRequest", "e2", "NOT_THE_REQUESTER", {"answer": "So."}),
        ("WithdrawMatchRequest", "e2", "NOT_THE_REQUESTER", {}),
        ("RemindMatchRequest", "e2", "NOT_THE_REQUESTER", {}),
    ):
        refused = await failure(story.do(act, who, name, **how))
        assert (refused.code, refused.info.reason) == (Code.PERMISSION_DENIED, reason)
        hidden = await failure(story.do(act, "e4", name, **how))
        assert hidden.code is Code.NOT_FOUND
        stale = await failure(story.do(act, "e2" if who == "e3" else "e3", name, etag='"9"', **how))
        assert (stale.code, stale.info.reason) == (Code.ABORTED, "ETAG_MISMATCH")
        staff = await failure(story.do(act, "hr", name, **how))
        assert staff.code is Code.PERMISSION_DENIED
    for act, who, reason, how in (
        ("AnswerMatchRequest", "e3", "NOTHING_ASKED", {"answer": "So."}),
        ("RemindMatchRequest", "e3", "", {}),
        ("RemindMatchRequest", "e3", "REMINDED_RECENTLY", {}),
        ("AskForMore", "e2", "", {"question": "Why?"}),
        ("RemindMatchRequest", "e3", "REQUEST_NOT_PENDING", {}),
        ("AcceptMatchRequest", "e2", "", {}),
        ("WithdrawMatchRequest", "e3", "REQUEST_ACCEPTED", {}),
        ("DeclineMatchRequest", "e2", "REQUEST_ACCEPTED", {}),
    ):
        if not reason:
            await story.do(act, who, name, **how)
            continue
        refused = await failure(story.do(act, who, name, **how))
        assert (refused.code, refused.info.reason) == (Code.FAILED_PRECONDITION, reason)
    await story.hear(name)
    late = await failure(story.do("DeclineMatchRequest", "e2", name))
    assert (late.code, late.info.reason) == (Code.FAILED_PRECONDITION, "REQUEST_OVER")


@pytest.mark.parametrize(("act", "field"), [("AskForMore", "question"), ("AnswerMatchRequest", "answer")])
async def test_words_that_say_nothing_are_refused(story: Story, act: str, field: str) -> None:
    name = (await story.ask()).name
    who = "e2" if act == "AskForMore" else "e3"
    blank = await failure(story.do(act, who, name, **{field: "  \n"}))
    assert (blank.code, blank.info.reason) == (Code.INVALID_ARGUMENT, "TEXT_BLANK")
    assert set(blank.violations) == {field}
    assert (await failure(story.do(act, who, name, **{field: ""}))).code is Code.INVALID_ARGUMENT


async def test_the_two_see_the_words_and_staff_only_that_there_is_a_request(story: Story) -> None:
    asked = await story.ask()
    assert (await story.read("e2", asked.name)).message == "Would you?"
    for staff in ("e1", "hr"):
        seen = await story.read(staff, asked.name)
        assert (seen.message, seen.name, seen.state) == ("", asked.name, asked.state)
    assert (await failure(story.read("e4", asked.name))).code is Code.NOT_FOUND
    foreign = story.platform.auth("e3", "mentee", org="globex")
    request = pb.GetMatchRequestRequest(name=asked.name)
    assert (await failure(story.calls.GetMatchRequest(request, metadata=foreign))).code is Code.NOT_FOUND


async def test_lists_come_in_pages_and_by_person_and_state(story: Story) -> None:
    first, second = await story.ask(), await story.ask("e4")
    await story.do("DeclineMatchRequest", "e2", second.name)

    async def listed(who: str, **wanted: Any) -> pb.ListMatchRequestsResponse:
        request = pb.ListMatchRequestsRequest(parent=story.program, **wanted)
        page: pb.ListMatchRequestsResponse = await story.calls.ListMatchRequests(
            request, metadata=story.auth(who)
        )
        return page

    async def names(who: str, **wanted: Any) -> set[str]:
        return {one.name for one in (await listed(who, **wanted)).match_requests}

    both = {first.name, second.name}
    assert await names("hr") == await names("e2") == both
    assert await names("e3") == await names("e2", person=person("e3")) == {first.name}
    assert await names("e3", person=person("e4")) == set()
    assert await names("hr", state=pb.MatchRequest.STATE_DECLINED) == {second.name}
    page = await listed("e1", page_size=1)
    following = await listed("e1", page_size=1, page_token=page.next_page_token)
    assert {one.name for one in (*page.match_requests, *following.match_requests)} == both
    assert following.next_page_token == ""


async def test_a_rematch_ends_the_match_and_hr_alone_learns_why(story: Story) -> None:
    match = await story.confirmed()
    stale = await failure(story.rematch("e3", match, etag='"1"'))
    assert stale.code is Code.ABORTED
    ended = await story.rematch("e3", match, etag=match.etag, request_id="leave")
    assert (ended.state, ended.rematch_reason) == (matching.Match.STATE_ENDED, 0)
    assert await story.rematch("e3", match, etag=match.etag, request_id="leave") == ended
    read = matching.GetMatchRequest(name=match.name)
    reasons = {
        who: (await story.platform.matching.GetMatch(read, metadata=story.auth(who))).rematch_reason
        for who in ("e2", "e1", "hr")
    }
    assert reasons == {"e2": 0, "e1": 0, "hr": matching.RequestRematchRequest.REASON_NO_TIME}


async def test_what_cannot_be_left(story: Story) -> None:
    match = await story.confirmed()
    for who, how, code, reason in (
        ("e4", {}, Code.PERMISSION_DENIED, "NOT_A_PARTICIPANT"),
        ("hr", {}, Code.PERMISSION_DENIED, "ROLE_MISSING"),
        ("e3", {"reason": 0}, Code.INVALID_ARGUMENT, "INVALID_FIELDS"),
        ("e3", {}, None, ""),
        ("e2", {}, Code.FAILED_PRECONDITION, "MATCH_ENDED"),
    ):
        if code is None:
            await story.rematch(who, match, **how)
            continue
        refused = await failure(story.rematch(who, match, **how))
        assert (refused.code, refused.info.reason) == (code, reason)
