"""How mentorships and goals are kept in MongoDB, and under which name the copies of who has left."""

from services.kernel.mongo import Kind
from services.mentorships.domain import Goal, Mentorship, timers
from services.mentorships.wire import goals, happenings

MENTORSHIPS = Kind(
    collection="mentorships",
    state=Mentorship,
    encode=happenings.mentorship_outgoing,
    indexes=(("people",), ("program",), ("stage",)),
    due_at=timers.due_at,
    fire=timers.fire,
    unique=("claims", "MENTORSHIP_OPEN"),
)
GOALS = Kind(collection="goals", state=Goal, encode=goals.goal_outgoing, indexes=(("mentorship",),))
EMPLOYMENTS = "employments"
