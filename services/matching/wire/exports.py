"""The result of a run as files: a table in parts, and a picture."""

from collections.abc import Sequence
from typing import Final

from services.matching.domain.plan import Plan
from services.matching.domain.report_csv import report_csv
from services.matching.domain.report_svg import report_svg
from services.matching.domain.runs import CohortRun, Part
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb

AT_ONCE: Final = 4
"""Parts of a run in a part of the table: some thousand rows, far below what a message may hold."""


def table_parts(part: int) -> range:
    """Return which parts of a run are in a part of the table, counted from 0."""
    return range(part * AT_ONCE, (part + 1) * AT_ONCE)


def table(run: CohortRun, part: int, parts: Sequence[Part]) -> pb.ExportCohortRunResponse:
    """Encode a part of the table; the first has the header. Refused RUN_NOT_COMPUTED."""
    plan = Plan(
        proposals=tuple(one for found in parts for one in found.proposals),
        unmatched=tuple(one for found in parts for one in found.leftovers),
        report=run.require_computed(),
    )
    return pb.ExportCohortRunResponse(
        content_type="text/csv; charset=utf-8",
        data=report_csv(plan, header=part == 0).encode(),
        parts=max(1, -(-run.parts // AT_ONCE)),
    )


def picture(run: CohortRun) -> pb.ExportCohortRunResponse:
    """Encode the report as a picture. Refused RUN_NOT_COMPUTED."""
    drawn = report_svg(run.require_computed())
    return pb.ExportCohortRunResponse(content_type="image/svg+xml", data=drawn.encode(), parts=1)
