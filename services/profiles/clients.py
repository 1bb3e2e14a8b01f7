"""The other services, asked for what they keep about a person."""

from collections.abc import Sequence
from typing import Final

import grpc

from services.kernel.errors import Refused, Unavailable
from services.kernel.mongo import Ref
from services.kernel.privacy.exporting import Exporting
from services.kernel.privacy.rpc import record
from services.pb.mentoring.privacy.v1 import personal_data_service_pb2 as pb
from services.pb.mentoring.privacy.v1.personal_data_service_pb2_grpc import PersonalDataServiceStub
from services.profiles.wire.people import person_name

_SECONDS: Final = 30.0
_AWAY = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


class Elsewhere:
    """One other service; without a channel it was not said where it is."""

    def __init__(self, service: str, channel: grpc.aio.Channel | None) -> None:
        self._service = service
        self._stub = None if channel is None else PersonalDataServiceStub(channel)

    async def page(self, person: Ref, token: str) -> tuple[Sequence[pb.PersonalRecord], str]:
        """Return a page. Refused EXPORT_NOT_SET_UP without a channel, Unavailable SERVICE_UNAVAILABLE."""
        if self._stub is None:
            raise Refused("EXPORT_NOT_SET_UP", f"{self._service.upper()}_ADDRESS is not set")
        request = pb.ExportPersonalDataRequest(person=person_name(person.tenant, person.id), page_token=token)
        try:
            answer = await self._stub.ExportPersonalData(request, timeout=_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() not in _AWAY:
                raise
            raise self._away("it does not answer") from error
        except TimeoutError as error:
            raise self._away("no time is left to ask it") from error
        return answer.records, answer.next_page_token

    def _away(self, why: str) -> Unavailable:
        return Unavailable("SERVICE_UNAVAILABLE", f"{self._service} could not be asked: {why}")


class Here:
    """What this service keeps itself."""

    def __init__(self, service: str, exporting: Exporting) -> None:
        self._service = service
        self._exporting = exporting

    async def page(self, person: Ref, token: str) -> tuple[Sequence[pb.PersonalRecord], str]:
        """Return a page."""
        kept, following = await self._exporting.page(person, token)
        return [record(self._service, item) for item in kept], following
