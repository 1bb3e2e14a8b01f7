"""What mentorships hears: matches, people who leave, decisions, and its own news, so that no work is lost."""

from typing import Any

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.mentorships.app.blocks import Blocks
from services.mentorships.app.checkins import CheckIns
from services.mentorships.app.feedback import FeedbackGiving
from services.mentorships.app.fit import FitQuestions
from services.mentorships.app.following import Following
from services.mentorships.app.groups import Groups
from services.mentorships.app.health import HealthKeeping
from services.mentorships.app.introductions import Introductions
from services.mentorships.app.plans import Plans
from services.mentorships.app.ports import Employment
from services.mentorships.app.safety import SafetyReports
from services.mentorships.wire import checkins as checkins_wire
from services.mentorships.wire import feedback as feedback_wire
from services.mentorships.wire import mentorships as wire
from services.mentorships.wire import plans as plans_wire
from services.mentorships.wire import reports as reports_wire
from services.mentorships.wire import safety as safety_wire
from services.mentorships.wire.names import GROUP, PROGRAM, optional_id, person_id, ref
from services.mentorships.wire.participation import LEFT
from services.pb.mentoring.matching.v1.events_pb2 import EnrolmentEnded, MatchConfirmed, MatchEnded
from services.pb.mentoring.mentorships.v1.events_pb2 import (
    GroupCreated,
    GroupJoined,
    GroupMentorJoined,
    GroupWaitlisted,
    MentorshipActivated,
    MentorshipCompleted,
    MentorshipCreated,
    MentorshipEnded,
    MentorshipHandedOver,
    MentorshipPaused,
    MentorshipResumed,
    PersonBlocked,
    PlanApplied,
    SafetyCaseLogged,
)
from services.pb.mentoring.processor.v1.events_pb2 import ConclusionDue, HealthChanged
from services.pb.mentoring.profiles.v1.events_pb2 import PersonUpdated
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingHeld, MeetingMissed

_CameIn = Event[GroupCreated] | Event[GroupMentorJoined] | Event[GroupJoined] | Event[GroupWaitlisted]


def hear(handlers: Handlers, following: Following) -> None:
    """Let matches begin and end their mentorships, and the processor conclude those that went silent."""

    async def match_confirmed(event: Event[MatchConfirmed]) -> None:
        ref, mentorship = wire.confirmed(event.tenant, event.message)
        await following.begin(ref, mentorship, _cause(event))

    async def match_ended(event: Event[MatchEnded]) -> None:
        await following.finish(_mentorship(event), _cause(event))

    async def conclusion_due(event: Event[ConclusionDue]) -> None:
        await following.conclude(_mentorship(event), _cause(event))

    handlers.on(MatchConfirmed, match_confirmed)
    handlers.on(MatchEnded, match_ended)
    handlers.on(ConclusionDue, conclusion_due)


def hear_people(handlers: Handlers, following: Following) -> None:
    """Let a leaver's mentorships end, those included that are just being made, and be handed over."""

    async def person_updated(event: Event[PersonUpdated]) -> None:
        if "state" in event.message.changed_fields:
            employment = Employment(left=event.message.state == Person.STATE_TERMINATED)
            await following.person_changed(_person(event), employment, event.sequence, _cause(event))

    async def created(event: Event[MentorshipCreated]) -> None:
        await following.review(_mentorship(event), _cause(event))

    async def handed_over(event: Event[MentorshipHandedOver]) -> None:
        await following.succeed(_mentorship(event), _cause(event))

    handlers.on(PersonUpdated, person_updated)
    handlers.on(MentorshipCreated, created)
    handlers.on(MentorshipHandedOver, handed_over)


def hear_meetings(handlers: Handlers, feedback: FeedbackGiving, fit: FitQuestions) -> None:
    """Let the two tell each other how it was, ask them after their first meeting, remember missed ones."""

    async def held(event: Event[MeetingHeld]) -> None:
        await feedback.meeting_over(*feedback_wire.past(event.tenant, event.message), event.sequence)
        await fit.met(_mentorship(event), _cause(event))

    async def missed(event: Event[MeetingMissed]) -> None:
        await feedback.meeting_over(*feedback_wire.past(event.tenant, event.message), event.sequence)

    handlers.on(MeetingHeld, held)
    handlers.on(MeetingMissed, missed)


def hear_health(handlers: Handlers, health: HealthKeeping) -> None:
    """Keep how every mentorship goes, from its beginning to its end."""

    async def created(event: Event[MentorshipCreated]) -> None:
        await health.begun(_mentorship(event), event.time)

    async def changed(event: Event[HealthChanged]) -> None:
        await health.found(_mentorship(event), reports_wire.finding(event.message))

    async def over(event: Event[MentorshipCompleted] | Event[MentorshipEnded]) -> None:
        await health.over(_mentorship(event), event.time)

    handlers.on(MentorshipCreated, created)
    handlers.on(HealthChanged, changed)
    handlers.on(MentorshipCompleted, over)
    handlers.on(MentorshipEnded, over)


def hear_stages(handlers: Handlers, check_ins: CheckIns, introductions: Introductions) -> None:
    """Let check-ins follow the mentorship that they are about, and introductions be off when it is over."""

    async def activated(event: Event[MentorshipActivated]) -> None:
        mentorship, people, lead = checkins_wire.activated(event.tenant, event.message)
        await check_ins.activated(mentorship, people, lead, event.time, _cause(event))

    async def paused(event: Event[MentorshipPaused]) -> None:
        await check_ins.paused(_mentorship(event), event.time, _cause(event))

    async def resumed(event: Event[MentorshipResumed]) -> None:
        await check_ins.resumed(_mentorship(event), event.time, _cause(event))

    async def over(event: Event[MentorshipCompleted] | Event[MentorshipEnded]) -> None:
        await check_ins.over(_mentorship(event), _cause(event))
        await introductions.over(_mentorship(event), _cause(event))

    handlers.on(MentorshipActivated, activated)
    handlers.on(MentorshipPaused, paused)
    handlers.on(MentorshipResumed, resumed)
    handlers.on(MentorshipCompleted, over)
    handlers.on(MentorshipEnded, over)


def hear_safety(handlers: Handlers, reports: SafetyReports, blocks: Blocks) -> None:
    """Carry out what HR orders and what people who block each other need."""

    async def logged(event: Event[SafetyCaseLogged]) -> None:
        report = safety_wire.logged(event.tenant, event.message)
        await reports.carry_out(report, event.message.entry, _cause(event))

    async def blocked(event: Event[PersonBlocked]) -> None:
        await blocks.enforce(safety_wire.blocked(event.tenant, event.message), _cause(event))

    async def created(event: Event[MentorshipCreated]) -> None:
        await blocks.review(_mentorship(event), _cause(event))

    handlers.on(SafetyCaseLogged, logged)
    handlers.on(PersonBlocked, blocked)
    handlers.on(MentorshipCreated, created)


def hear_leavers(handlers: Handlers, groups: Groups) -> None:
    """Let groups go on without who has left the company, or the program, those included who just come in."""

    async def person_updated(event: Event[PersonUpdated]) -> None:
        changed, state = event.message.changed_fields, event.message.state
        if "state" in changed and state == Person.STATE_TERMINATED:
            await groups.person_left(_person(event), _cause(event))

    async def enrolment_ended(event: Event[EnrolmentEnded]) -> None:
        if event.message.reason == LEFT:
            program = optional_id(event.tenant, PROGRAM, event.message.program, "program")
            await groups.program_left(_person(event), program, _cause(event))

    async def came_in(event: _CameIn) -> None:
        group = ref(GROUP, event.message.group, "group")
        await groups.review(group, _person(event).id, _cause(event))

    handlers.on(PersonUpdated, person_updated)
    handlers.on(EnrolmentEnded, enrolment_ended)
    handlers.on(GroupCreated, came_in)
    handlers.on(GroupMentorJoined, came_in)
    handlers.on(GroupJoined, came_in)
    handlers.on(GroupWaitlisted, came_in)


def _cause(event: Event[Any]) -> Cause:
    return Cause(event.id, trace=event.trace)


def _person(event: Event[Any]) -> Ref:
    return Ref(event.tenant, person_id(event.tenant, event.message.person, "person"))


def _mentorship(event: Event[Any]) -> Ref:
    return wire.mentorship_of(event.tenant, event.message.mentorship)


def hear_plans(handlers: Handlers, plans: Plans) -> None:
    """Let an applied plan have its goals and check-ins, even if whoever applied it was cut off in between."""

    async def plan_applied(event: Event[PlanApplied]) -> None:
        await plans.carry_out(plans_wire.applied(event.tenant, event.message), event.trace)

    handlers.on(PlanApplied, plan_applied)
