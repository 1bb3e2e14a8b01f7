"""Matching's four kinds of documents in MongoDB."""

from services.kernel.mongo import Kind
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.matches import Match
from services.matching.domain.programs import Program
from services.matching.domain.runs import CohortRun, Part
from services.matching.wire import events

PROGRAMS = Kind(collection="programs", state=Program, encode=events.program_outgoing)
ENROLMENTS = Kind(
    collection="enrolments",
    state=Enrolment,
    encode=events.enrolment_outgoing,
    indexes=(("program",), ("person",)),
)
RUNS = Kind(
    collection="cohort_runs",
    state=CohortRun,
    encode=events.run_outgoing,
    indexes=(("stage",), ("program",)),
    unique=("claims", "RUN_OUTDATED"),
)
PARTS = Kind(collection="cohort_run_parts", state=Part, encode=events.part_outgoing)
MATCHES = Kind(
    collection="matches",
    state=Match,
    encode=events.match_outgoing,
    indexes=(("origin.program",), ("people",)),
)
