"""How mentorships and goals are kept in MongoDB."""

from services.kernel.mongo import Kind
from services.mentorships import wire
from services.mentorships.domain import Goal, Mentorship

MENTORSHIPS = Kind(
    collection="mentorships",
    state=Mentorship,
    encode=wire.mentorship_outgoing,
    indexes=(("people",), ("program",)),
)
GOALS = Kind(collection="goals", state=Goal, encode=wire.goal_outgoing, indexes=(("mentorship",),))
