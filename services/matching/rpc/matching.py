"""MatchingService: decode, act, encode."""

from services.kernel import ids
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.matching.app.matches import Matches
from services.matching.app.ports import Wanted
from services.matching.app.runs import CohortRuns
from services.matching.wire import matching as encode
from services.matching.wire import names
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb
from services.pb.mentoring.matching.v1.matching_service_pb2_grpc import MatchingServiceServicer


class MatchingService(MatchingServiceServicer):
    """Serves `mentoring.matching.v1.MatchingService`."""

    def __init__(self, runs: CohortRuns, matches: Matches) -> None:
        self._runs = runs
        self._matches = matches

    async def CreateCohortRun(self, request: pb.CreateCohortRunRequest, _: object) -> pb.CohortRun:
        """Start a run."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        return encode.run(*await self._runs.request(who, program, cause(request)))

    async def GetCohortRun(self, request: pb.GetCohortRunRequest, _: object) -> pb.CohortRun:
        """Return one run."""
        who = caller()
        _, program, run = ids.parse_name(names.RUN, request.name)
        return encode.run(Ref(who.org, run), await self._runs.get(who, program, run))

    async def PublishCohortRun(self, request: pb.PublishCohortRunRequest, _: object) -> pb.CohortRun:
        """Publish a ready run."""
        who = caller()
        _, program, run = ids.parse_name(names.RUN, request.name)
        published = await self._runs.publish(who, (program, run), request.etag, cause(request))
        return encode.run(Ref(who.org, run), published)

    async def GetMatch(self, request: pb.GetMatchRequest, _: object) -> pb.Match:
        """Return one match."""
        who = caller()
        _, program, match = ids.parse_name(names.MATCH, request.name)
        return encode.match(Ref(who.org, match), await self._matches.get(who, (program, match)))

    async def ListMatches(self, request: pb.ListMatchesRequest, _: object) -> pb.ListMatchesResponse:
        """Return one page."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        person = names.person_id(who.org, request.person, "person") if request.person else ""
        page = Wanted(request.page_size, request.page_token)
        found = await self._matches.list(who, program, person, page)
        return pb.ListMatchesResponse(
            matches=[encode.match(Ref(who.org, one), stored) for one, stored in found.items],
            next_page_token=found.next_page_token,
        )

    async def AcceptMatch(self, request: pb.AcceptMatchRequest, _: object) -> pb.Match:
        """Say yes."""
        who = caller()
        _, program, match = ids.parse_name(names.MATCH, request.name)
        accepted = await self._matches.accept(who, (program, match), request.etag, cause(request))
        return encode.match(Ref(who.org, match), accepted)

    async def DeclineMatch(self, request: pb.DeclineMatchRequest, _: object) -> pb.Match:
        """Say no."""
        who = caller()
        _, program, match = ids.parse_name(names.MATCH, request.name)
        declined = await self._matches.decline(who, (program, match), request.etag, cause(request))
        return encode.match(Ref(who.org, match), declined)

    async def RequestRematch(self, request: pb.RequestRematchRequest, _: object) -> pb.Match:
        """End a match that does not fit."""
        who = caller()
        _, program, match = ids.parse_name(names.MATCH, request.name)
        misfit, how = encode.misfit(request.reason), (request.etag, cause(request))
        ended = await self._matches.rematch(who, (program, match), misfit, how)
        return encode.match(Ref(who.org, match), ended)
