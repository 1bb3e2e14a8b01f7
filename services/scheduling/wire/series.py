"""Series to and from protobuf."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling.domain.booking import Circle
from services.scheduling.domain.meetings import Meeting
from services.scheduling.domain.series import Rhythm
from services.scheduling.wire.meetings import meeting
from services.scheduling.wire.names import meeting_name, moment_of, stamp_of

Response = pb.RescheduleSeriesResponse
Kept = tuple[Ref, Versioned[Meeting]]


def rhythm(request: pb.BookSeriesRequest, circle: Circle) -> Rhythm:
    """Decode a series; what is not said is as agreed."""
    agreed = timedelta(minutes=circle.meeting_minutes)
    return Rhythm(
        first=moment_of(request.start_time, "start_time"),
        length=request.length.ToTimedelta() if request.HasField("length") else agreed,
        zone=request.time_zone,
        days=request.interval_days or circle.cadence_days,
        count=request.count,
    )


def moved(tenant: str, parent: str, kept: Sequence[Kept], stay: Sequence[tuple[str, str]]) -> Response:
    """Encode what became of a series that was moved."""
    response = Response(meetings=[meeting(*one) for one in kept])
    for name, reason in stay:
        response.kept.add(meeting=meeting_name(Ref(tenant, name), parent), reason=reason)
    return response


def booked(kept: Sequence[Kept], skipped: Sequence[tuple[datetime, str]]) -> pb.BookSeriesResponse:
    """Encode what became of a series."""
    left_out = [
        pb.BookSeriesResponse.Skipped(start_time=stamp_of(start), reason=reason) for start, reason in skipped
    ]
    return pb.BookSeriesResponse(meetings=[meeting(*one) for one in kept], skipped=left_out)
