"""How mentorships and goals are kept in MongoDB."""

from services.kernel.mongo import Kind
from services.mentorships.domain import Goal, Mentorship
from services.mentorships.wire import goals, mentorships

MENTORSHIPS = Kind(
    collection="mentorships",
    state=Mentorship,
    encode=mentorships.mentorship_outgoing,
    indexes=(("people",), ("program",)),
)
GOALS = Kind(
    collection="goals",
    state=Goal,
    encode=goals.goal_outgoing,
    indexes=(("mentorship",), ("people",), ("shared_with",)),
)
