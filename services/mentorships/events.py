"""What mentorships hears."""

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause
from services.mentorships.app.checkins import CheckIns
from services.mentorships.app.feedback import FeedbackGiving
from services.mentorships.app.fit import FitQuestions
from services.mentorships.app.mentorships import Mentorships
from services.mentorships.wire import checkins as checkins_wire
from services.mentorships.wire import feedback as feedback_wire
from services.mentorships.wire import mentorships as wire
from services.mentorships.wire import names
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed, MatchEnded
from services.pb.mentoring.mentorships.v1 import events_pb2 as told
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingHeld


def hear(handlers: Handlers, mentorships: Mentorships) -> None:
    """Let a confirmed match begin its mentorship, and one that is over end it."""

    async def match_confirmed(event: Event[MatchConfirmed]) -> None:
        ref, mentorship = wire.confirmed(event.tenant, event.message)
        await mentorships.begin(ref, mentorship, Cause(id=event.id, trace=event.trace))

    async def match_ended(event: Event[MatchEnded]) -> None:
        ref = wire.ended(event.tenant, event.message)
        await mentorships.finish(ref, Cause(id=event.id, trace=event.trace))

    handlers.on(MatchConfirmed, match_confirmed)
    handlers.on(MatchEnded, match_ended)


def hear_meetings(handlers: Handlers, feedback: FeedbackGiving, fit: FitQuestions) -> None:
    """Let the two tell each other how a meeting was, and ask them after their first one."""

    async def held(event: Event[MeetingHeld]) -> None:
        await feedback.meeting_held(*feedback_wire.held(event.tenant, event.message), event.sequence)
        mentorship = names.told_mentorship(event.tenant, event.message.mentorship)
        await fit.met(mentorship, Cause(event.id, trace=event.trace))

    handlers.on(MeetingHeld, held)


def hear_stages(handlers: Handlers, check_ins: CheckIns) -> None:
    """Let check-ins follow the mentorship that they are about."""

    async def activated(event: Event[told.MentorshipActivated]) -> None:
        mentorship, people, lead = checkins_wire.activated(event.tenant, event.message)
        await check_ins.activated(mentorship, people, lead, event.time, Cause(event.id, trace=event.trace))

    async def paused(event: Event[told.MentorshipPaused]) -> None:
        mentorship = names.told_mentorship(event.tenant, event.message.mentorship)
        await check_ins.paused(mentorship, event.time, Cause(event.id, trace=event.trace))

    async def resumed(event: Event[told.MentorshipResumed]) -> None:
        mentorship = names.told_mentorship(event.tenant, event.message.mentorship)
        await check_ins.resumed(mentorship, event.time, Cause(event.id, trace=event.trace))

    async def over(event: Event[told.MentorshipCompleted] | Event[told.MentorshipEnded]) -> None:
        mentorship = names.told_mentorship(event.tenant, event.message.mentorship)
        await check_ins.over(mentorship, Cause(event.id, trace=event.trace))

    handlers.on(told.MentorshipActivated, activated)
    handlers.on(told.MentorshipPaused, paused)
    handlers.on(told.MentorshipResumed, resumed)
    handlers.on(told.MentorshipCompleted, over)
    handlers.on(told.MentorshipEnded, over)
