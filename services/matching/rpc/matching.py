"""MatchingService: decode, act, encode."""

from collections.abc import AsyncIterator

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.matching.app.matches import Matches
from services.matching.app.ports import Wanted
from services.matching.app.recommendations import Recommendations
from services.matching.app.runs import CohortRuns, Names
from services.matching.domain.runs import PART_SIZE
from services.matching.wire import exports, names
from services.matching.wire import matching as encode
from services.matching.wire import runs as wire
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb
from services.pb.mentoring.matching.v1.matching_service_pb2_grpc import MatchingServiceServicer


class MatchingService(MatchingServiceServicer):
    """Serves `mentoring.matching.v1.MatchingService`."""

    def __init__(self, runs: CohortRuns, matches: Matches, recommendations: Recommendations) -> None:
        self._runs = runs
        self._matches = matches
        self._recommendations = recommendations

    async def CreateCohortRun(self, request: pb.CreateCohortRunRequest, _: object) -> pb.CohortRun:
        """Start a run."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        options = wire.options(who.org, request.options)
        return wire.run(*await self._runs.request(who, program, options, cause(request)))

    async def GetCohortRun(self, request: pb.GetCohortRunRequest, _: object) -> pb.CohortRun:
        """Return one run with the first of its pairs."""
        who, run = _named(request.name)
        stored = await self._runs.get(who, run)
        ref = Ref(who.org, run[1])
        parts = await self._runs.parts(ref, stored.state, range(wire.SHOWN // PART_SIZE))
        return wire.whole_run(ref, stored, parts)

    async def ListCohortRuns(self, request: pb.ListCohortRunsRequest, _: object) -> pb.ListCohortRunsResponse:
        """Return one page."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        found = await self._runs.list(who, program, Wanted(request.page_size, request.page_token))
        return pb.ListCohortRunsResponse(
            cohort_runs=[wire.run(Ref(who.org, one), stored) for one, stored in found.items],
            next_page_token=found.next_page_token,
        )

    async def WatchCohortRun(
        self, request: pb.WatchCohortRunRequest, _: object
    ) -> AsyncIterator[pb.CohortRun]:
        """Send the run whenever it changes."""
        who, run = _named(request.name)
        async for stored in self._runs.watch(who, run):
            yield wire.run(Ref(who.org, run[1]), stored)

    async def CancelCohortRun(self, request: pb.CancelCohortRunRequest, _: object) -> pb.CohortRun:
        """Give a run up."""
        who, run = _named(request.name)
        cancelled = await self._runs.cancel(who, run, request.etag, cause(request))
        return wire.run(Ref(who.org, run[1]), cancelled)

    async def PublishCohortRun(self, request: pb.PublishCohortRunRequest, _: object) -> pb.CohortRun:
        """Publish a run."""
        who, run = _named(request.name)
        published = await self._runs.publish(who, run, request.etag, cause(request))
        return wire.run(Ref(who.org, run[1]), published)

    async def ListProposals(self, request: pb.ListProposalsRequest, _: object) -> pb.ListProposalsResponse:
        """Return one page."""
        who, run = _named(request.parent, "parent")
        page = Wanted(request.page_size, request.page_token)
        found, token = await self._runs.proposals(who, run, page)
        return pb.ListProposalsResponse(
            proposals=[wire.proposal(who.org, one) for one in found], next_page_token=token
        )

    async def ListLeftovers(self, request: pb.ListLeftoversRequest, _: object) -> pb.ListLeftoversResponse:
        """Return one page."""
        who, run = _named(request.parent, "parent")
        page = Wanted(request.page_size, request.page_token)
        found, token = await self._runs.leftovers(who, run, page)
        return pb.ListLeftoversResponse(
            leftovers=[wire.leftover(who.org, one) for one in found], next_page_token=token
        )

    async def ExportCohortRun(
        self, request: pb.ExportCohortRunRequest, _: object
    ) -> pb.ExportCohortRunResponse:
        """Return a part of a file."""
        who, run = _named(request.name)
        stored = await self._runs.get(who, run)
        if request.format == pb.ExportCohortRunRequest.FORMAT_SVG:
            return exports.picture(stored.state)
        ref, numbers = Ref(who.org, run[1]), exports.table_parts(request.part)
        parts = await self._runs.parts(ref, stored.state, numbers)
        return exports.table(stored.state, request.part, parts)

    async def RecommendPartners(
        self, request: pb.RecommendPartnersRequest, _: object
    ) -> pb.RecommendPartnersResponse:
        """Return the best partners of one participant."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        asked = wire.asked(who.org, request, who.subject)
        return wire.recommended(who.org, await self._recommendations.recommend(who, program, asked))

    async def GetMatch(self, request: pb.GetMatchRequest, _: object) -> pb.Match:
        """Return one match."""
        who = caller()
        _, program, match = ids.parse_name(names.MATCH, request.name)
        stored = await self._matches.get(who, (program, match))
        return encode.match(Ref(who.org, match), stored, who.subject)

    async def ListMatches(self, request: pb.ListMatchesRequest, _: object) -> pb.ListMatchesResponse:
        """Return one page."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        person = names.person_id(who.org, request.person, "person") if request.person else ""
        page = Wanted(request.page_size, request.page_token)
        found = await self._matches.list(who, program, person, page)
        return pb.ListMatchesResponse(
            matches=[encode.match(Ref(who.org, one), stored, who.subject) for one, stored in found.items],
            next_page_token=found.next_page_token,
        )

    async def AcceptMatch(self, request: pb.AcceptMatchRequest, _: object) -> pb.Match:
        """Say yes."""
        who = caller()
        _, program, match = ids.parse_name(names.MATCH, request.name)
        accepted = await self._matches.accept(who, (program, match), request.etag, cause(request))
        return encode.match(Ref(who.org, match), accepted, who.subject)

    async def DeclineMatch(self, request: pb.DeclineMatchRequest, _: object) -> pb.Match:
        """Say no."""
        who = caller()
        _, program, match = ids.parse_name(names.MATCH, request.name)
        declined = await self._matches.decline(who, (program, match), request.etag, cause(request))
        return encode.match(Ref(who.org, match), declined, who.subject)

    async def RequestRematch(self, request: pb.RequestRematchRequest, _: object) -> pb.Match:
        """End a match that does not fit."""
        who = caller()
        _, program, match = ids.parse_name(names.MATCH, request.name)
        misfit, how = encode.misfit(request.reason), (request.etag, cause(request))
        ended = await self._matches.rematch(who, (program, match), misfit, how)
        return encode.match(Ref(who.org, match), ended, who.subject)


def _named(name: str, field: str = "name") -> tuple[Caller, Names]:
    _, program, run = ids.parse_name(names.RUN, name, field)
    return caller(), (program, run)
