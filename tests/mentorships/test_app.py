"""Who may do what with mentorships, repeats included, on kept state in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Denied, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref
from services.mentorships import store
from services.mentorships.app.following import Following
from services.mentorships.app.mentorships import Mentorships, Selection
from services.mentorships.app.ports import Employment
from services.mentorships.domain import EndReason, Stage
from services.mentorships.domain.ending import Parting
from tests.fakes import Aggregates, Projection
from tests.mentorships.callers import foreigner, hr, lead, mentee, mentor, stranger, surveys
from tests.mentorships.factories import (
    ID,
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    STRANGER,
    TERMS,
    proposed,
)

OTHER = "22222222-2222-4222-8222-222222222222"


class People:
    """Who exists, and who of them has left."""

    def __init__(self) -> None:
        self.known = {MENTOR, MENTEE, STRANGER, LEAD}
        self.left: set[str] = set()

    async def require_working(self, tenant: str, people: Sequence[str]) -> None:
        assert tenant == ORG
        if not self.known.issuperset(people):
            raise NotFound("PERSON_NOT_FOUND", "unknown")
        if self.left.intersection(people):
            raise Refused("PERSON_LEFT", "gone")


class World:
    """Mentorships in memory and a clock at NOON."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.people = People()
        self.kept = Aggregates(store.MENTORSHIPS, self.clock)
        self.mentorships = Mentorships(self.kept, self.people, surveys(self.clock), self.clock)
        self.employments = Projection(Employment)
        self.following = Following(self.kept, self.employments, self.clock)

    def told(self, mentorship: str = ID) -> list[str]:
        """Return the types of what a mentorship has told so far."""
        row = self.kept.rows[Ref(ORG, mentorship).key]
        return [event["type"].rpartition(".")[2] for event in row["outbox"]]

    async def activate(self, mentorship: str = ID, first: Caller = mentee, second: Caller = mentor) -> None:
        """Let a pair agree."""
        await self.mentorships.propose(first, mentorship, TERMS, Cause("propose"), etag="")
        await self.mentorships.sign(second, mentorship, 1, Cause("sign-1"), etag="")
        await self.mentorships.sign(first, mentorship, 1, Cause("sign-2"), etag="")


@pytest.fixture
async def begun() -> World:
    """Hold one mentorship of the pair that nobody has agreed on."""
    world = World()
    await world.following.begin(Ref(ORG, ID), proposed(), Cause("event-1"))
    return world


@pytest.fixture
async def running(begun: World) -> World:
    """Hold one active mentorship of the pair."""
    await begun.activate()
    return begun


async def test_a_match_told_twice_begins_one_mentorship(begun: World) -> None:
    await begun.following.begin(Ref(ORG, ID), proposed(), Cause("event-1"))
    assert (await begun.mentorships.get(mentee, ID)).version == 1


@pytest.mark.parametrize("reader", [mentor, mentee, lead, hr])
async def test_the_pair_and_overseers_read_a_mentorship(begun: World, reader: Caller) -> None:
    assert (await begun.mentorships.get(reader, ID)).state == proposed()


@pytest.mark.parametrize("reader", [stranger, foreigner])
async def test_a_hidden_mentorship_answers_like_an_absent_one(begun: World, reader: Caller) -> None:
    with pytest.raises(NotFound) as hidden:
        await begun.mentorships.get(reader, ID)
    with pytest.raises(NotFound) as absent:
        await begun.mentorships.get(reader, OTHER)
    assert (hidden.value.reason, hidden.value.message) == (absent.value.reason, absent.value.message)


@pytest.fixture
async def several(begun: World) -> World:
    """Hold two more mentorships: the mentor's with a stranger, in another program, and one of strangers."""
    pairs = {OTHER: ((MENTOR, STRANGER), "autumn"), "third": (("e1", "e2"), "spring")}
    for key, (people, program) in pairs.items():
        begun.clock.advance(timedelta(seconds=1))
        mentorship = replace(proposed(), people=people, program=program)
        await begun.following.begin(Ref(ORG, key), mentorship, Cause(f"event-{key}"))
    return begun


@pytest.mark.parametrize(
    ("caller", "person", "program", "ids"),
    [
        pytest.param(mentee, "", "", [ID], id="a participant gets their own"),
        pytest.param(mentor, "", "", [ID, OTHER], id="earliest first"),
        pytest.param(mentor, "", "autumn", [OTHER], id="of one program"),
        pytest.param(mentor, MENTEE, "", [ID], id="with one person"),
        pytest.param(mentee, STRANGER, "", [], id="those of another person stay hidden"),
        pytest.param(hr, "", "", [ID, OTHER, "third"], id="HR gets all"),
        pytest.param(lead, STRANGER, "", [OTHER], id="of one person"),
        pytest.param(hr, MENTEE, "autumn", [], id="both filters"),
        pytest.param(foreigner, "", "", [], id="another organization"),
    ],
)
async def test_lists_show_what_the_caller_may_see(
    several: World, caller: Caller, person: str, program: str, ids: list[str]
) -> None:
    page = await several.mentorships.list(caller, Selection(person, program), Query())
    assert [key for key, _ in page.items] == ids


async def test_lists_go_on_page_by_page(several: World) -> None:
    first = await several.mentorships.list(hr, Selection(), Query(page_size=2))
    rest = await several.mentorships.list(
        hr, Selection(), Query(page_size=2, page_token=first.next_page_token)
    )
    assert [key for key, _ in (*first.items, *rest.items)] == [ID, OTHER, "third"]
    assert rest.next_page_token == ""


async def test_two_signatures_make_it_active(running: World) -> None:
    stored = await running.mentorships.get(mentor, ID)
    assert stored.state.stage is Stage.ACTIVE
    assert stored.version == 5, "created, proposed, signed, signed, activated"


async def test_signing_again_is_refused_but_a_repeated_request_is_answered(running: World) -> None:
    before = await running.mentorships.get(mentor, ID)
    repeated = await running.mentorships.sign(mentor, ID, 1, Cause("sign-1"), etag="")
    assert repeated.version == before.version
    with pytest.raises(Refused) as refusal:
        await running.mentorships.sign(mentor, ID, 1, Cause("another request"), etag="")
    assert refusal.value.reason == "ALREADY_SIGNED"


async def test_who_read_an_older_version_does_not_change_it(begun: World) -> None:
    seen = await begun.mentorships.get(mentor, ID)
    await begun.mentorships.propose(mentee, ID, TERMS, Cause("p1"), etag=seen.etag)
    with pytest.raises(Conflict) as refusal:
        await begun.mentorships.propose(mentor, ID, TERMS, Cause("p2"), etag=seen.etag)
    assert refusal.value.reason == "ETAG_MISMATCH"


async def test_strangers_take_no_part(begun: World) -> None:
    with pytest.raises(Denied):
        await begun.mentorships.propose(stranger, ID, TERMS, Cause("p"), etag="")
    with pytest.raises(Denied):
        await begun.mentorships.sign(stranger, ID, 1, Cause("s"), etag="")
    with pytest.raises(Denied):
        await begun.mentorships.end(stranger, ID, Cause("e"), etag="")


@pytest.mark.parametrize("caller", [mentor, mentee, lead, hr])
async def test_the_pair_and_overseers_end_it(running: World, caller: Caller) -> None:
    ended = await running.mentorships.end(caller, ID, Cause("end"), etag="")
    assert ended.state.stage is Stage.ENDED


async def test_lists_are_narrowed_to_a_stage(several: World) -> None:
    await several.activate()
    await several.mentorships.end(mentor, OTHER, Cause("end"), etag="")
    for stage, ids in {Stage.ACTIVE: [ID], Stage.ENDED: [OTHER], Stage.PROPOSED: ["third"]}.items():
        page = await several.mentorships.list(hr, Selection(stage=stage), Query())
        assert [key for key, _ in page.items] == ids


async def test_what_was_signed_stays_readable_but_not_in_lists(running: World) -> None:
    await running.mentorships.propose(mentor, ID, replace(TERMS, cadence_days=7), Cause("p"), etag="")
    for who in (mentor, mentee):
        await running.mentorships.sign(who, ID, 2, Cause(f"again-{who.subject}"), etag="")
    signed = await running.mentorships.revisions(mentee, ID)
    assert [(one.revision, one.terms.cadence_days) for one in signed] == [(2, 7), (1, 14)]
    assert [one.terms.focus_areas for one in await running.mentorships.revisions(hr, ID)] == [(), ()]
    (listed,) = (await running.mentorships.list(mentor, Selection(), Query())).items
    assert listed[1].state.earlier == ()


async def test_overseers_get_no_words_whatever_they_do(running: World) -> None:
    for stored in (
        await running.mentorships.get(hr, ID),
        (await running.mentorships.list(lead, Selection(), Query())).items[0][1],
        await running.mentorships.end(hr, ID, Cause("end"), etag=""),
    ):
        assert stored.state.agreement is not None
        assert stored.state.agreement.terms == replace(TERMS, focus_areas=())


async def test_why_it_ended_is_kept_and_safety_is_hrs_alone(running: World) -> None:
    safety = Parting(EndReason.SAFETY, never_again=True)
    for caller in (mentor, lead):
        with pytest.raises(Denied, match="HR_ONLY"):
            await running.mentorships.end(caller, ID, Cause("no"), etag="", parting=safety)
    ended = await running.mentorships.end(hr, ID, Cause("end"), etag="", parting=safety)
    assert ended.state.over is not None
    assert (ended.state.over.reason, ended.state.over.never_again) == (EndReason.SAFETY, True)
    shown = (await running.mentorships.get(mentee, ID)).state.over
    assert shown is not None
    assert shown.reason is EndReason.OVERSEER
