"""How meetings and pairs are kept in MongoDB."""

from services.kernel.mongo import Kind, Projection, Ref
from services.scheduling import wire
from services.scheduling.domain.meetings import Meeting, Pair

MEETINGS = Kind(
    collection="meetings",
    state=Meeting,
    encode=wire.outgoing,
    due_at=lambda meeting: meeting.due_at,
    fire=Meeting.fire,
    indexes=(("mentorship",), ("people",)),
    unique=("slots", "SLOT_TAKEN"),
)
PAIRS = "pairs"


class Pairs:
    """Mentorships' pairs as their events told them."""

    def __init__(self, rows: Projection) -> None:
        self._rows = rows

    async def get(self, ref: Ref) -> Pair | None:
        """Return one, None if no such mentorship was ever active."""
        row = await self._rows.get(ref)
        if row is None or "people" not in row:
            return None
        mentor, mentee = row["people"]
        return Pair((mentor, mentee), row["lead"], row["meeting_minutes"], active=row["active"])

    async def keep(self, ref: Ref, pair: Pair, sequence: int) -> None:
        """Store what the event numbered `sequence` tells, unless a later one was stored."""
        row = {
            "people": list(pair.people),
            "lead": pair.lead,
            "meeting_minutes": pair.meeting_minutes,
            "active": pair.active,
        }
        await self._rows.put(ref, row, sequence)

    async def retire(self, ref: Ref, sequence: int) -> None:
        """Mark one as over, unless a later event was stored."""
        await self._rows.put(ref, {"active": False}, sequence)
