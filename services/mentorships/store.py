"""How mentorships and what belongs to them are kept in MongoDB, and the names of the copies beside them."""

from services.kernel.fates import IDS, ORGANIZATION, Sealed
from services.kernel.mongo import Kind
from services.mentorships.domain import Goal, Mentorship, timers
from services.mentorships.domain.action_item import ActionItem
from services.mentorships.domain.blocks import Block
from services.mentorships.domain.checkins import CheckInPlan
from services.mentorships.domain.feedback import Feedback
from services.mentorships.domain.fit import FitQuestion
from services.mentorships.domain.groups import Group
from services.mentorships.domain.introductions import Introduction
from services.mentorships.domain.kudos import Kudos
from services.mentorships.domain.learning import LearningResource
from services.mentorships.domain.note import Note
from services.mentorships.domain.plan import Plan
from services.mentorships.domain.plan_template import PlanTemplate
from services.mentorships.domain.safety import SafetyReport
from services.mentorships.domain.skill import SkillRating
from services.mentorships.domain.survey_plan import SurveyPlan
from services.mentorships.wire import (
    checkins,
    feedback,
    fit,
    goals,
    groups,
    happenings,
    introductions,
    journal,
    kudos,
    learning,
    plans,
    safety,
    skills,
    surveys,
)

MENTORSHIPS = Kind(
    collection="mentorships",
    erasure=Sealed(),
    concerns=("people",),
    withheld=("over",),
    personwise=("surveys",),
    state=Mentorship,
    encode=happenings.mentorship_outgoing,
    indexes=(("people",), ("program",), ("stage",)),
    due_at=timers.due_at,
    fire=timers.fire,
    unique=("claims", "MENTORSHIP_OPEN"),
)
GROUPS = Kind(
    collection="groups",
    erasure=Sealed(),
    concerns=("people",),
    withheld=("waiting", "invited", "queued", "taken"),
    state=Group,
    encode=groups.group_outgoing,
    due_at=lambda group: group.due_at,
    fire=Group.fire,
    indexes=(("people",), ("stage",), ("program",)),
)
GOALS = Kind(
    collection="goals",
    erasure=Sealed(),
    concerns=("people",),
    state=Goal,
    encode=goals.goal_outgoing,
    indexes=(("mentorship",), ("people",), ("shared_with",)),
)
PLAN_TEMPLATES = Kind(
    collection="plan_templates", erasure=ORGANIZATION, state=PlanTemplate, encode=plans.template_outgoing
)
PLANS = Kind(
    collection="plans",
    erasure=IDS,
    concerns=("people",),
    state=Plan,
    encode=plans.plan_outgoing,
    indexes=(("mentorship",),),
)
NOTES = Kind(
    collection="notes",
    erasure=Sealed(),
    concerns=("readers",),
    state=Note,
    encode=journal.note_outgoing,
    indexes=(("mentorship", "readers"),),
)
ACTION_ITEMS = Kind(
    collection="action_items",
    erasure=Sealed(),
    concerns=("people",),
    state=ActionItem,
    encode=journal.item_outgoing,
    indexes=(("mentorship",),),
)
SKILL_RATINGS = Kind(
    collection="skill_ratings",
    erasure=IDS,
    concerns=("people",),
    state=SkillRating,
    encode=skills.rating_outgoing,
    indexes=(("mentorship",),),
)
LEARNING_RESOURCES = Kind(
    collection="learning_resources",
    erasure=ORGANIZATION,
    state=LearningResource,
    encode=learning.resource_outgoing,
    indexes=(("focus_areas",),),
)
FEEDBACK = Kind(
    collection="feedback",
    erasure=Sealed(),
    concerns=("author", "recipient"),
    state=Feedback,
    encode=feedback.feedback_outgoing,
    unique=("claims", "FEEDBACK_GIVEN"),
    indexes=(("mentorship", "meeting"),),
)
KUDOS = Kind(
    collection="kudos",
    erasure=Sealed(),
    concerns=("people",),
    state=Kudos,
    encode=kudos.kudos_outgoing,
    unique=("claims", "KUDOS_SPENT"),
    indexes=(("mentorship",), ("people",)),
)
CHECK_INS = Kind(
    collection="check_in_plans",
    erasure=Sealed(),
    concerns=("person",),
    state=CheckInPlan,
    encode=checkins.check_in_outgoing,
    due_at=lambda plan: plan.due_at,
    fire=CheckInPlan.fire,
    indexes=(("mentorship",),),
)
SURVEY_PLANS = Kind(
    collection="survey_plans", erasure=ORGANIZATION, state=SurveyPlan, encode=surveys.survey_plan_outgoing
)
FIT_QUESTIONS = Kind(
    collection="fit_questions",
    erasure=Sealed(),
    concerns=("person",),
    state=FitQuestion,
    encode=fit.fit_outgoing,
)
INTRODUCTIONS = Kind(
    collection="introductions",
    erasure=Sealed(),
    concerns=("readers",),
    withheld=("consents", "claims"),
    state=Introduction,
    encode=introductions.introduction_outgoing,
    due_at=lambda introduction: introduction.due_at,
    fire=Introduction.fire,
    unique=("claims", "INTRODUCTION_KNOWN"),
    indexes=(("mentorship",), ("readers",)),
)
SAFETY_REPORTS = Kind(
    collection="safety_reports",
    erasure=Sealed(),
    concerns=("reporter",),
    withheld=("log",),
    state=SafetyReport,
    encode=safety.report_outgoing,
    indexes=(("reporter",),),
)
BLOCKS = Kind(
    collection="blocks",
    erasure=IDS,
    concerns=("blocker",),
    state=Block,
    encode=safety.block_outgoing,
    indexes=(("blocker",),),
)
EMPLOYMENTS = "employments"
PAST_MEETINGS = "held_meetings"
"""Named when missed ones were not kept."""
HEALTH = "mentorship_health"
