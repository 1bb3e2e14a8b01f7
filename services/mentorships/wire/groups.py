"""Groups to and from protobuf."""

from typing import Any, Final

from google.protobuf.duration_pb2 import Duration

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships import domain
from services.mentorships.domain.group_goals import GroupGoalDraft
from services.mentorships.domain.groups import (
    Group,
    GroupDraft,
    GroupEvent,
    GroupGoal,
    GroupNews,
    GroupStage,
)
from services.mentorships.wire.agreements import agreement, terms
from services.mentorships.wire.days import given_day, optional_day
from services.mentorships.wire.names import (
    PROGRAM,
    group_goal_name,
    group_name,
    optional_id,
    optional_person,
    optional_program,
    person_name,
)
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import group_service_pb2 as pb

_ROSTERS: Final = frozenset(
    {
        GroupNews.CREATED,
        GroupNews.UPDATED,
        GroupNews.MENTOR_JOINED,
        GroupNews.JOINED,
        GroupNews.PROMOTED,
        GroupNews.LEFT,
    }
)
"""News after which a group's people or terms may be others."""


def draft(tenant: str, group: pb.Group) -> GroupDraft:
    """Decode a group as its mentors want it. Raises Invalid as `agreements.terms`, for foreign names."""
    program = optional_id(tenant, PROGRAM, group.program, "group.program")
    return GroupDraft(group.title, group.seats, terms(group.agreement, "group.agreement"), program)


def goal_draft(request: pb.AddGroupGoalRequest) -> GroupGoalDraft:
    """Decode a goal as asked for. Raises Invalid DATE_MALFORMED."""
    return GroupGoalDraft(request.title, given_day(request, "target_date", "target_date"))


def stage(state: pb.Group.State.ValueType) -> GroupStage | None:
    """Decode how far a group is; None for any."""
    return GroupStage(pb.Group.State.Name(state).removeprefix("STATE_")) if state else None


def group(ref: Ref, stored: Versioned[Group]) -> pb.Group:
    """Encode a stored group."""
    state, tenant = stored.state, ref.tenant
    message = pb.Group(
        name=group_name(tenant, ref.id),
        title=state.title,
        seats=state.seats,
        agreement=agreement(tenant, domain.Agreement(state.terms, state.revision)),
        state=pb.Group.State.Value(f"STATE_{state.stage}"),
        mentors=[person_name(tenant, one) for one in state.mentors],
        invited_mentors=[person_name(tenant, one) for one in state.invited],
        members=[person_name(tenant, one) for one in state.members],
        waiting=[person_name(tenant, one) for one in state.waiting],
        member_count=state.taken,
        waiting_count=state.queued,
        program=optional_program(tenant, state.program),
        goals=[_goal(tenant, one) for one in state.goals],
        etag=stored.etag,
    )
    if state.over is not None:
        message.end_reason = _reason(state.over)
        fields.set_time(message.end_time, state.over.time)
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def _goal(tenant: str, goal: GroupGoal) -> pb.Group.Goal:
    message = pb.Group.Goal(
        id=goal.id,
        title=goal.title,
        author=person_name(tenant, goal.author),
        target_date=optional_day(goal.target_date),
    )
    if goal.complete_time is not None:
        fields.set_time(message.complete_time, goal.complete_time)
    return message


def group_outgoing(ref: Ref, state: Group, event: GroupEvent) -> Outgoing:
    """Encode what happened to a group, keyed by its id."""
    name = group_name(ref.tenant, ref.id)
    told: dict[str, Any] = {"group": name}
    if event.person:
        told["person"] = person_name(ref.tenant, event.person)
    if event.goal:
        told["group_goal"] = group_goal_name(ref.tenant, ref.id, event.goal)
    if event.news is GroupNews.GOAL_COMPLETED:
        told["members"] = [person_name(ref.tenant, one) for one in state.members]
    if event.news in _ROSTERS:
        told |= _roster(ref.tenant, state)
    if event.news is GroupNews.UPDATED:
        told["revision"] = state.revision
    if event.news is GroupNews.ENDED and state.over is not None:
        told["reason"] = _reason(state.over)
        told["person_left"] = optional_person(ref.tenant, state.over.left)
    return Outgoing(message=getattr(events, event.news.value)(**told), subject=name, key=ref.id)


def _roster(tenant: str, state: Group) -> dict[str, Any]:
    """Encode what a group is after a change, for services that keep a copy of it."""
    return {
        "program": optional_program(tenant, state.program),
        "mentors": [person_name(tenant, one) for one in state.mentors],
        "members": [person_name(tenant, one) for one in state.members],
        "meeting_length": Duration(seconds=state.terms.meeting_minutes * 60),
        "cadence": Duration(seconds=state.terms.cadence_days * 86_400),
    }


def _reason(over: domain.Over) -> codes.EndReason.ValueType:
    return codes.EndReason.Value(f"END_REASON_{over.reason or 'UNSPECIFIED'}")
