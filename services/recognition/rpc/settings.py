"""SettingsService: decode, act, encode."""

from services.kernel import ids
from services.kernel.rpc import caller, cause
from services.pb.mentoring.recognition.v1 import settings_service_pb2 as pb
from services.pb.mentoring.recognition.v1.settings_service_pb2_grpc import SettingsServiceServicer
from services.recognition.app.choices import Choices
from services.recognition.wire import names
from services.recognition.wire import settings as wire


class SettingsService(SettingsServiceServicer):
    """Serves `mentoring.recognition.v1.SettingsService`."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices

    async def GetRecognitionChoice(
        self, request: pb.GetRecognitionChoiceRequest, _: object
    ) -> pb.RecognitionChoice:
        """Return a person's choice."""
        tenant, person = ids.parse_name(names.CHOICE, request.name)
        return wire.choice(tenant, person, await self._choices.choice(caller(), person))

    async def UpdateRecognitionChoice(
        self, request: pb.UpdateRecognitionChoiceRequest, _: object
    ) -> pb.RecognitionChoice:
        """Replace the caller's choice."""
        message = request.recognition_choice
        tenant, person = ids.parse_name(names.CHOICE, message.name, "recognition_choice.name")
        wanted = wire.wanted_choice(message)
        stored = await self._choices.choose(caller(), person, wanted, message.etag, cause(request))
        return wire.choice(tenant, person, stored)

    async def GetRecognitionSettings(
        self, request: pb.GetRecognitionSettingsRequest, _: object
    ) -> pb.RecognitionSettings:
        """Return the settings."""
        (tenant,) = ids.parse_name(names.SETTINGS, request.name)
        return wire.settings(tenant, await self._choices.settings(tenant))

    async def UpdateRecognitionSettings(
        self, request: pb.UpdateRecognitionSettingsRequest, _: object
    ) -> pb.RecognitionSettings:
        """Replace the settings."""
        message = request.recognition_settings
        (tenant,) = ids.parse_name(names.SETTINGS, message.name, "recognition_settings.name")
        stored = await self._choices.set(
            caller(), wire.wanted_settings(message), message.etag, cause(request)
        )
        return wire.settings(tenant, stored)
