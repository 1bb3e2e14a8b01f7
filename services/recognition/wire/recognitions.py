"""Recognitions to and from protobuf; stored ids become full names of their organization."""

from typing import Final

from services.kernel import fields
from services.kernel.errors import Invalid
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.mentorships.v1.events_pb2 import GroupGoalCompleted
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.recognition.v1 import events_pb2 as events
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as pb
from services.recognition.domain.recognitions import (
    Event,
    Kind,
    Reason,
    Recognition,
    RecognitionIssued,
)
from services.recognition.wire.names import (
    GOAL,
    GROUP,
    GROUP_GOAL,
    MENTORSHIP,
    PERSON,
    goal_name,
    group_name,
    mentorship_name,
    person_name,
    recognition_name,
)

_KINDS: Final = {
    processor.ACHIEVEMENT_UNSPECIFIED: Kind.GOAL_COMPLETED,
    processor.ACHIEVEMENT_GOAL_COMPLETED: Kind.GOAL_COMPLETED,
    processor.ACHIEVEMENT_FIRST_GOAL: Kind.FIRST_GOAL,
    processor.ACHIEVEMENT_MEETINGS_HELD: Kind.MEETINGS_HELD,
    processor.ACHIEVEMENT_STREAK: Kind.STREAK,
    processor.ACHIEVEMENT_MENTOR_IMPACT: Kind.MENTOR_IMPACT,
    processor.ACHIEVEMENT_KUDOS_RECEIVED: Kind.KUDOS_RECEIVED,
    processor.ACHIEVEMENT_MENTORSHIP_COMPLETED: Kind.MENTORSHIP_COMPLETED,
}
"""What is earned with an achievement; unspecified in events of before it was told."""

_TOGETHER: Final = "group-goal/1"
"""The rule by which a goal of a group is earned by all its members."""

_ABOUT_A_GOAL: Final = frozenset({Kind.GOAL_COMPLETED, Kind.FIRST_GOAL})


def earned(tenant: str, message: processor.RecognitionEarned) -> Recognition:
    """Decode what was earned; what older events do not tell is as it was then.

    Raises Invalid for malformed names, names of other organizations, and UNKNOWN_ACHIEVEMENT for one of a
    newer processor: the dead letter can be replayed once this service knows it.
    """
    achieved = _KINDS.get(message.achievement)
    if achieved is None:
        raise Invalid("UNKNOWN_ACHIEVEMENT", "this build does not know what was achieved")
    mentee = fields.owned_id(tenant, PERSON, message.mentee, "mentee")
    about_a_goal = achieved in _ABOUT_A_GOAL or bool(message.goal)
    return Recognition(
        mentor=fields.owned_id(tenant, PERSON, message.mentor, "mentor"),
        mentee=mentee,
        mentorship=fields.owned_id(tenant, MENTORSHIP, message.mentorship, "mentorship"),
        goal=fields.owned_id(tenant, GOAL, message.goal, "goal") if about_a_goal else "",
        evidence=tuple(message.evidence_event_ids) or (message.cause_event_id,),
        rule=message.rule,
        kind=achieved,
        person=fields.owned_id(tenant, PERSON, message.person, "person") if message.person else mentee,
        count=message.count,
        policy_version=message.policy_version,
    )


def earned_together(tenant: str, event: str, message: GroupGoalCompleted) -> list[Recognition]:
    """Decode what each member of a group earned, as the event of this id tells.

    Raises Invalid for malformed names and names of other organizations.
    """
    mentor = fields.owned_id(tenant, PERSON, message.person, "person")
    group = fields.owned_id(tenant, GROUP, message.group, "group")
    goal = fields.owned_id(tenant, GROUP_GOAL, message.group_goal, "group_goal")
    return [
        Recognition(
            mentor=mentor,
            mentee=member,
            mentorship="",
            goal=goal,
            evidence=(event,),
            rule=_TOGETHER,
            person=member,
            group=group,
        )
        for member in (fields.owned_id(tenant, PERSON, one, "members") for one in message.members)
    ]


def reason(code: pb.RevokeReason.ValueType) -> Reason:
    """Decode why a recognition is taken back."""
    return Reason(pb.RevokeReason.Name(code).removeprefix("REVOKE_REASON_"))


def kind(code: pb.Recognition.Kind.ValueType) -> Kind:
    """Decode what a recognition is for."""
    return Kind(pb.Recognition.Kind.Name(code).removeprefix("KIND_"))


def kind_code(of: Kind) -> pb.Recognition.Kind.ValueType:
    """Encode what a recognition is for."""
    return pb.Recognition.Kind.Value(f"KIND_{of}")


def recognition(ref: Ref, stored: Versioned[Recognition]) -> pb.Recognition:
    """Encode a stored recognition."""
    state = stored.state
    message = pb.Recognition(
        name=recognition_name(ref.tenant, state.earner, ref.id),
        kind=kind_code(state.kind),
        mentorship=mentorship_name(ref.tenant, state.mentorship),
        group=group_name(ref.tenant, state.group),
        goal=_goal(ref, state),
        evidence_event_ids=state.evidence,
        rule=state.rule,
        count=state.count,
        policy_version=state.policy_version,
        state=pb.Recognition.State.Value(f"STATE_{state.stage}"),
        revoke_reason=_reason_code(state.revoke_reason),
        etag=stored.etag,
    )
    fields.set_time(message.create_time, stored.create_time)
    return message


def outgoing(ref: Ref, state: Recognition, event: Event) -> Outgoing:
    """Encode what happened to a recognition, keyed by the id of its mentorship or group."""
    name = recognition_name(ref.tenant, state.earner, ref.id)
    message = _issued(ref, state) if isinstance(event, RecognitionIssued) else _revoked(ref, state)
    message.recognition = name
    return Outgoing(message=message, subject=name, key=state.mentorship or state.group)


def _goal(ref: Ref, state: Recognition) -> str:
    parent = mentorship_name(ref.tenant, state.mentorship) or group_name(ref.tenant, state.group)
    return goal_name(parent, state.goal)


def _issued(ref: Ref, state: Recognition) -> events.RecognitionIssued:
    return events.RecognitionIssued(
        kind=kind_code(state.kind),
        mentorship=mentorship_name(ref.tenant, state.mentorship),
        mentor=person_name(ref.tenant, state.mentor),
        mentee=person_name(ref.tenant, state.mentee),
        group=group_name(ref.tenant, state.group),
        goal=_goal(ref, state),
        person=person_name(ref.tenant, state.earner),
        count=state.count,
    )


def _revoked(ref: Ref, state: Recognition) -> events.RecognitionRevoked:
    return events.RecognitionRevoked(
        person=person_name(ref.tenant, state.earner),
        mentorship=mentorship_name(ref.tenant, state.mentorship),
        reason=_reason_code(state.revoke_reason),
    )


def _reason_code(reason: str) -> pb.RevokeReason.ValueType:
    return pb.RevokeReason.Value(f"REVOKE_REASON_{reason or 'UNSPECIFIED'}")
