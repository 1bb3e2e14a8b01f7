"""Ratings of skills to and from protobuf."""

from collections.abc import Iterable

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain.skill import Growth, Point, SkillEvent, SkillRating
from services.mentorships.wire import names
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import growth_service_pb2 as pb


def rating(ref: Ref, stored: Versioned[SkillRating]) -> pb.SkillRating:
    """Encode a stored rating."""
    known = stored.state
    message = pb.SkillRating(
        name=names.below(ref.tenant, known.mentorship, "skillRatings", ref.id),
        rater=names.person_name(ref.tenant, known.rater),
        skill=known.skill,
        level=known.level,
    )
    fields.set_time(message.create_time, stored.create_time)
    return message


def growth(grown: Iterable[Growth]) -> pb.SkillGrowth:
    """Encode how skills grew."""
    return pb.SkillGrowth(
        skills=[
            pb.SkillGrowth.Skill(
                skill=one.skill,
                self_ratings=[_point(point) for point in one.by_mentee],
                mentor_ratings=[_point(point) for point in one.by_mentor],
            )
            for one in grown
        ]
    )


def rating_outgoing(ref: Ref, state: SkillRating, _: SkillEvent) -> Outgoing:
    """Encode that a skill was rated, keyed by its mentorship's id."""
    name = names.below(ref.tenant, state.mentorship, "skillRatings", ref.id)
    message = events.SkillRated(
        skill_rating=name,
        mentorship=names.mentorship_name(ref.tenant, state.mentorship),
        person=names.person_name(ref.tenant, state.rater),
        skill=state.skill,
        level=state.level,
    )
    return Outgoing(message=message, subject=name, key=state.mentorship)


def _point(point: Point) -> pb.SkillGrowth.Point:
    message = pb.SkillGrowth.Point(level=point.level)
    fields.set_time(message.time, point.time)
    return message
