"""TeamService: decode, act, encode."""

from services.kernel import ids
from services.kernel.rpc import caller, cause
from services.matching.app.ports import Wanted
from services.matching.app.teams import Teams
from services.matching.wire import names
from services.matching.wire import teams as wire
from services.pb.mentoring.matching.v1 import team_service_pb2 as pb
from services.pb.mentoring.matching.v1.team_service_pb2_grpc import TeamServiceServicer


class TeamService(TeamServiceServicer):
    """Serves `mentoring.matching.v1.TeamService`."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    async def ListTeamEnrolments(
        self, request: pb.ListTeamEnrolmentsRequest, _: object
    ) -> pb.ListTeamEnrolmentsResponse:
        """Return one page."""
        who = caller()
        manager = names.person_id(who.org, request.parent, "parent")
        page = Wanted(request.page_size, request.page_token)
        shown, token = await self._teams.list(who, manager, page)
        return pb.ListTeamEnrolmentsResponse(
            team_enrolments=[wire.enrolment(who.org, one) for one in shown], next_page_token=token
        )

    async def GetTeamSettings(self, request: pb.GetTeamSettingsRequest, _: object) -> pb.TeamSettings:
        """Return the settings."""
        (tenant,) = ids.parse_name(names.TEAM_SETTINGS, request.name)
        return wire.settings(tenant, await self._teams.settings(tenant))

    async def UpdateTeamSettings(self, request: pb.UpdateTeamSettingsRequest, _: object) -> pb.TeamSettings:
        """Replace the settings."""
        message = request.team_settings
        (tenant,) = ids.parse_name(names.TEAM_SETTINGS, message.name, "team_settings.name")
        wanted = wire.wanted_settings(message)
        return wire.settings(tenant, await self._teams.update(caller(), wanted, message.etag, cause(request)))
