"""How mentorships and all that belongs to them are kept in MongoDB, and the copies of who has left."""

from services.kernel.mongo import Kind
from services.mentorships.domain import Goal, Mentorship, timers
from services.mentorships.domain.plan import Plan
from services.mentorships.domain.plan_template import PlanTemplate
from services.mentorships.wire import goals, happenings, plans

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
