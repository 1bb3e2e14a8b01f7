"""How mentorships and all that belongs to them are kept in MongoDB, and the copies of who has left."""

from services.kernel.mongo import Kind
from services.mentorships.domain import Goal, Mentorship, timers
from services.mentorships.domain.action_item import ActionItem
from services.mentorships.domain.learning import LearningResource
from services.mentorships.domain.note import Note
from services.mentorships.domain.plan import Plan
from services.mentorships.domain.plan_template import PlanTemplate
from services.mentorships.domain.skill import SkillRating
from services.mentorships.wire import goals, happenings, journal, learning, plans, skills

MENTORSHIPS = Kind(
    collection="mentorships",
    state=Mentorship,
    encode=happenings.mentorship_outgoing,
    indexes=(("people",), ("program",), ("stage",)),
    due_at=timers.due_at,
    fire=timers.fire,
    unique=("claims", "MENTORSHIP_OPEN"),
)
EMPLOYMENTS = "employments"
GOALS = Kind(
    collection="goals",
    state=Goal,
    encode=goals.goal_outgoing,
    indexes=(("mentorship",), ("people",), ("shared_with",)),
)
PLAN_TEMPLATES = Kind(collection="plan_templates", state=PlanTemplate, encode=plans.template_outgoing)
PLANS = Kind(collection="plans", state=Plan, encode=plans.plan_outgoing, indexes=(("mentorship",),))
NOTES = Kind(
    collection="notes", state=Note, encode=journal.note_outgoing, indexes=(("mentorship", "readers"),)
)
ACTION_ITEMS = Kind(
    collection="action_items", state=ActionItem, encode=journal.item_outgoing, indexes=(("mentorship",),)
)
SKILL_RATINGS = Kind(
    collection="skill_ratings", state=SkillRating, encode=skills.rating_outgoing, indexes=(("mentorship",),)
)
LEARNING_RESOURCES = Kind(
    collection="learning_resources",
    state=LearningResource,
    encode=learning.resource_outgoing,
    indexes=(("focus_areas",),),
)
