"""Groups, without any server: seats, the line, co-mentors, terms, leavers and the end."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Conflict, Denied, Invalid, Refusal, Refused
from services.mentorships.domain import EndReason, Over, Who, groups
from services.mentorships.domain.groups import Group, GroupDraft, GroupEvent, GroupNews, GroupStage
from tests.mentorships.factories import LEAD, MENTEE, MENTOR, NOON, STRANGER, TERMS

DRAFT = GroupDraft("Speaking up", 2, replace(TERMS, end_date=date(2026, 6, 30)))
NEWS = GroupNews
lead = Who(LEAD, oversees=True)


def empty() -> Group:
    return groups.create(MENTOR, DRAFT, NOON)[0]


def with_members(*people: str) -> Group:
    """Return a group of two seats that these people joined, in this order."""
    group = empty()
    for person in people:
        group = group.join(person, 1)[0]
    return group


def guided_by_two() -> Group:
    return with_members("a", "b", "c").invite(MENTOR, STRANGER)[0].answer(STRANGER, accept=True)[0]


def over() -> Group:
    return with_members("a").close(Who(MENTOR), NOON)[0]


def news(events: list[GroupEvent]) -> list[tuple[GroupNews, str]]:
    return [(event.news, event.person) for event in events]


def test_a_mentor_begins_a_group() -> None:
    group, events = groups.create(MENTOR, replace(DRAFT, title="  Speaking   up "), NOON)
    assert (group.title, group.mentors, group.people, group.taken) == ("Speaking up", (MENTOR,), (MENTOR,), 0)
    assert news(events) == [(NEWS.CREATED, MENTOR)]


def test_who_comes_first_has_a_seat_and_others_wait_in_line() -> None:
    group = with_members("a", "b", "c", "d")
    assert (group.members, group.waiting, group.taken, group.queued) == (("a", "b"), ("c", "d"), 2, 2)
    assert news(empty().join("a", 1)[1]) == [(NEWS.JOINED, "a")]
    assert news(with_members("a", "b").join("c", 1)[1]) == [(NEWS.WAITLISTED, "c")]


def test_the_first_in_line_moves_up_when_somebody_leaves() -> None:
    group, events = with_members("a", "b", "c", "d").leave("a")
    assert (group.members, group.waiting) == (("b", "c"), ("d",))
    assert news(events) == [(NEWS.LEFT, "a"), (NEWS.PROMOTED, "c")]
    assert news(group.leave("d")[1]) == [(NEWS.LEFT, "d")]


def test_more_seats_let_people_move_up_and_fewer_need_free_ones() -> None:
    group, events = with_members("a", "b", "c", "d").update(MENTOR, replace(DRAFT, seats=3), NOON)
    assert (group.members, group.waiting) == (("a", "b", "c"), ("d",))
    assert news(events) == [(NEWS.UPDATED, ""), (NEWS.PROMOTED, "c")]
    with pytest.raises(Invalid, match="SEATS_TAKEN") as refusal:
        group.update(MENTOR, DRAFT, NOON)
    assert [field for field, _ in refusal.value.fields] == ["group.seats"]


def test_other_terms_count_up_and_who_joins_has_read_them() -> None:
    group, _ = empty().update(MENTOR, replace(DRAFT, terms=replace(DRAFT.terms, cadence_days=7)), NOON)
    assert group.revision == 2
    with pytest.raises(Conflict, match="TERMS_CHANGED") as refusal:
        group.join("a", 1)
    assert refusal.value.metadata == {"revision": "2"}
    assert group.update(MENTOR, replace(DRAFT, title="Louder", terms=group.terms), NOON)[0].revision == 2
    assert empty().update(MENTOR, DRAFT, NOON) == (empty(), [])


def test_the_program_stays_the_one_that_it_began_in() -> None:
    group, _ = groups.create(MENTOR, replace(DRAFT, program="spring"), NOON)
    assert group.program == "spring"
    for program in ("", "spring"):
        louder, events = group.update(MENTOR, replace(DRAFT, title="Louder", program=program), NOON)
        assert (louder.program, news(events)) == ("spring", [(NEWS.UPDATED, "")])
        assert group.update(MENTOR, replace(DRAFT, program=program), NOON) == (group, [])
    for begun, program in ((group, "autumn"), (empty(), "spring")):
        with pytest.raises(Invalid, match="PROGRAM_FIXED") as refusal:
            begun.update(MENTOR, replace(DRAFT, program=program), NOON)
        assert [field for field, _ in refusal.value.fields] == ["group.program"]


def test_who_is_asked_to_guide_along_says_yes_or_no() -> None:
    asked, events = empty().invite(MENTOR, STRANGER)
    assert (asked.invited, news(events)) == ((STRANGER,), [(NEWS.MENTOR_INVITED, STRANGER)])
    yes, events = asked.answer(STRANGER, accept=True)
    assert (yes.mentors, yes.invited, news(events)) == (
        (MENTOR, STRANGER),
        (),
        [(NEWS.MENTOR_JOINED, STRANGER)],
    )
    no, events = asked.answer(STRANGER, accept=False)
    assert (no, news(events)) == (empty(), [(NEWS.INVITATION_DECLINED, STRANGER)])


def test_five_guide_a_group_at_most() -> None:
    group = empty()
    for number in range(groups.MOST_MENTORS - 1):
        group = group.invite(MENTOR, f"m{number}")[0]
    with pytest.raises(Refused, match="TOO_MANY_MENTORS"):
        group.invite(MENTOR, "one more")


def test_a_line_has_an_end() -> None:
    group = with_members(*(f"p{number}" for number in range(2 + groups.LONGEST_LINE)))
    with pytest.raises(Refused, match="GROUP_FULL"):
        group.join("one more", 1)


def test_co_mentors_leave_and_the_last_one_closes() -> None:
    alone, events = guided_by_two().leave(MENTOR)
    assert (alone.mentors, news(events)) == ((STRANGER,), [(NEWS.LEFT, MENTOR)])
    with pytest.raises(Refused, match="LAST_MENTOR"):
        alone.leave(STRANGER)
    done, events = alone.close(Who(STRANGER), NOON)
    assert (done.stage, done.over, news(events)) == (
        GroupStage.COMPLETED,
        Over(NOON),
        [(NEWS.COMPLETED, "")],
    )
    assert (done.members, done.waiting) == (("a", "b"), ())


def test_mentors_take_members_out_and_overseers_anybody() -> None:
    group = guided_by_two()
    assert news(group.remove(Who(STRANGER), "a")[1]) == [(NEWS.LEFT, "a"), (NEWS.PROMOTED, "c")]
    with pytest.raises(Denied, match="NOT_YOURS"):
        group.remove(Who(STRANGER), MENTOR)
    assert group.remove(lead, MENTOR)[0].mentors == (STRANGER,)
    assert group.close(lead, NOON)[0].over == Over(NOON, EndReason.OVERSEER)


@pytest.mark.parametrize(
    ("group", "act", "kind", "reason"),
    [
        (empty(), lambda one: one.update("a", DRAFT, NOON), Denied, "NOT_A_MENTOR"),
        (empty(), lambda one: one.invite("a", "b"), Denied, "NOT_A_MENTOR"),
        (empty(), lambda one: one.answer("a", accept=True), Denied, "NOT_INVITED"),
        (empty(), lambda one: one.leave("a"), Denied, "NOT_IN_GROUP"),
        (with_members("a"), lambda one: one.remove(Who("a"), "a"), Denied, "NOT_A_MENTOR"),
        (with_members("a"), lambda one: one.close(Who("a"), NOON), Denied, "NOT_A_MENTOR"),
        (with_members("a"), lambda one: one.join("a", 1), Refused, "ALREADY_IN_GROUP"),
        (with_members("a"), lambda one: one.join(MENTOR, 1), Refused, "ALREADY_IN_GROUP"),
        (with_members("a"), lambda one: one.invite(MENTOR, "a"), Refused, "ALREADY_IN_GROUP"),
        (over(), lambda one: one.join("b", 1), Refused, "GROUP_OVER"),
        (over(), lambda one: one.leave("a"), Refused, "GROUP_OVER"),
        (over(), lambda one: one.close(lead, NOON), Refused, "GROUP_OVER"),
        (over(), lambda one: one.update(MENTOR, DRAFT, NOON), Refused, "GROUP_OVER"),
    ],
)
def test_what_is_refused(group: Group, act: object, kind: type[Refusal], reason: str) -> None:
    with pytest.raises(kind, match=reason):
        act(group)  # type: ignore[operator]  # a call


def test_a_group_goes_on_without_a_leaver_and_ends_without_its_last_mentor() -> None:
    group, events = with_members("a", "b", "c").go_on_without("a", NOON)
    assert (group.members, news(events)) == (("b", "c"), [(NEWS.LEFT, "a"), (NEWS.PROMOTED, "c")])
    assert guided_by_two().go_on_without(MENTOR, NOON)[0].stage is GroupStage.RUNNING
    ended, events = group.go_on_without(MENTOR, NOON)
    assert (ended.over, news(events)) == (
        Over(NOON, EndReason.PERSON_LEFT, left=MENTOR),
        [(NEWS.ENDED, "")],
    )
    assert ended.go_on_without("b", NOON) == (ended, [])
    assert group.go_on_without("nobody", NOON) == (group, [])


def test_it_completes_by_itself_two_weeks_after_its_last_day() -> None:
    lapse = datetime(2026, 7, 15, 12, tzinfo=UTC)
    assert empty().due_at == lapse
    assert empty().fire(lapse - timedelta(milliseconds=1)) == (empty(), [])
    done, events = empty().fire(lapse)
    assert (done.stage, done.due_at, news(events)) == (GroupStage.COMPLETED, None, [(NEWS.COMPLETED, "")])
    assert groups.create(MENTOR, replace(DRAFT, terms=TERMS), NOON)[0].due_at is None


def test_those_outside_read_what_it_is_about_but_not_who_is_in_it() -> None:
    group = guided_by_two()
    seen = group.read_by("outside", oversees=False)
    assert (seen.title, seen.terms, seen.mentors) == (group.title, group.terms, group.mentors)
    assert (seen.members, seen.waiting, seen.people, seen.taken, seen.queued) == ((), (), (), 2, 1)
    for person in group.people:
        assert group.read_by(person, oversees=False) == group
    assert group.read_by(LEAD, oversees=True) == group


_steps = st.lists(
    st.tuples(
        st.sampled_from(["join", "leave", "seats", "invite", "answer", "left"]),
        st.sampled_from([MENTOR, MENTEE, STRANGER, "a", "b", "c"]),
        st.integers(min_value=1, max_value=4),
    ),
    max_size=40,
)


@given(_steps)
def test_whatever_people_do_seats_are_never_exceeded_and_never_empty_while_somebody_waits(
    steps: list[tuple[str, str, int]],
) -> None:
    """Nobody is in a group twice, the line keeps its order, and a running group is guided."""
    group = empty()
    for verb, person, number in steps:
        before = group
        try:
            group = _attempt(group, verb, person, number)
        except Refusal:
            continue
        assert len(set(group.people)) == len(group.people)
        assert (group.taken, group.queued) == (len(group.members), len(group.waiting))
        assert group.taken <= group.seats
        assert group.taken == group.seats or not group.waiting
        line = [one for one in before.waiting if one in group.waiting]
        assert list(group.waiting[: len(line)]) == line
        assert group.mentors or group.stage is not GroupStage.RUNNING


def _attempt(group: Group, verb: str, person: str, number: int) -> Group:
    match verb:
        case "join":
            return group.join(person, group.revision)[0]
        case "leave":
            return group.leave(person)[0]
        case "seats":
            return group.update(group.mentors[0], replace(DRAFT, seats=number), NOON)[0]
        case "invite":
            return group.invite(group.mentors[0], person)[0]
        case "answer":
            return group.answer(person, accept=number > 1)[0]
        case _:
            return group.go_on_without(person, NOON)[0]
