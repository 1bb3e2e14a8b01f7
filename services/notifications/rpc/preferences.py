"""PreferenceService: decode, act, encode."""

from services.kernel.ids import parse_name
from services.kernel.rpc import caller, cause
from services.notifications.app.choices import Choices
from services.notifications.wire import preferences as wire
from services.pb.mentoring.notifications.v1 import preference_service_pb2 as pb
from services.pb.mentoring.notifications.v1.preference_service_pb2_grpc import PreferenceServiceServicer


class PreferenceServicer(PreferenceServiceServicer):
    """Serves preferences."""

    def __init__(self, app: Choices) -> None:
        self._app = app

    async def GetPreferences(self, request: pb.GetPreferencesRequest, _: object) -> pb.Preferences:
        """Return a person's preferences, or the organization's."""
        tenant, person = parse_name(wire.PREFERENCES, request.name)
        return wire.preferences(tenant, person, await self._app.get(caller(), person))

    async def UpdatePreferences(self, request: pb.UpdatePreferencesRequest, _: object) -> pb.Preferences:
        """Change the caller's own preferences, or the organization's."""
        given = request.preferences
        tenant, person = parse_name(wire.PREFERENCES, given.name, "preferences.name")
        change = wire.update(given, request.update_mask)
        stored = await self._app.update(caller(), person, change, cause(request), given.etag)
        return wire.preferences(tenant, person, stored)
