"""Matching's nine kinds of documents in MongoDB."""

from services.kernel.fates import IDS, ORGANIZATION, Sealed
from services.kernel.mongo import Kind
from services.kernel.personal import ITSELF
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.matches import Match
from services.matching.domain.programs import KeptRevision, Program
from services.matching.domain.requests import MatchRequest
from services.matching.domain.runs import CohortRun, Part
from services.matching.domain.seats import Seats
from services.matching.domain.teams import TeamSettings
from services.matching.wire import events, teams

PROGRAMS = Kind(collection="programs", erasure=ORGANIZATION, state=Program, encode=events.program_outgoing)
ENROLMENTS = Kind(
    collection="enrolments",
    erasure=IDS,
    concerns=("person",),
    state=Enrolment,
    encode=events.enrolment_outgoing,
    indexes=(("program",), ("person",)),
)
RUNS = Kind(
    collection="cohort_runs",
    erasure=IDS,
    state=CohortRun,
    encode=events.run_outgoing,
    indexes=(("stage",), ("program",)),
    unique=("claims", "RUN_OUTDATED"),
)
PARTS = Kind(collection="cohort_run_parts", erasure=IDS, state=Part, encode=events.nothing_outgoing)
MATCHES = Kind(
    collection="matches",
    erasure=IDS,
    concerns=("people",),
    withheld=("misfit", "ended_by", "claims"),
    state=Match,
    encode=events.match_outgoing,
    indexes=(("origin.program",), ("people",), ("origin.mentorship",)),
    unique=("claims", "MENTEE_MATCHED"),
)
REQUESTS = Kind(
    collection="match_requests",
    erasure=Sealed(),
    concerns=("people",),
    withheld=("claims",),
    state=MatchRequest,
    encode=events.request_outgoing,
    due_at=lambda request: request.due_at,
    fire=MatchRequest.fire,
    # Numbered places keep the requester's limit without one more document to be written with each request.
    unique=("claims", "CLAIM_TAKEN"),
    indexes=(("program",), ("people", "stage")),
)
REVISIONS = Kind(
    collection="program_revisions",
    erasure=ORGANIZATION,
    state=KeptRevision,
    encode=events.nothing_outgoing,
    indexes=(("of", "number"),),
)
SEATS = Kind(
    collection="mentor_seats", erasure=IDS, concerns=(ITSELF,), state=Seats, encode=events.seats_outgoing
)
TEAM_SETTINGS = Kind(
    collection="team_settings", erasure=ORGANIZATION, state=TeamSettings, encode=teams.settings_outgoing
)
"""Seats have their mentor's id; of team settings there is one document in an organization."""
