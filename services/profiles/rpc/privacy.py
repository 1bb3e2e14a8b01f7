"""PrivacyService: decode, act, encode."""

from collections.abc import AsyncIterator

from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.pb.mentoring.privacy.v1.personal_data_service_pb2 import PersonalRecord
from services.pb.mentoring.profiles.v1 import privacy_service_pb2 as pb
from services.pb.mentoring.profiles.v1.privacy_service_pb2_grpc import PrivacyServiceServicer
from services.profiles.app.erasures import Erasures
from services.profiles.app.exporting import Exports
from services.profiles.wire import privacy as wire
from services.profiles.wire.people import person_id


class PrivacyService(PrivacyServiceServicer):
    """Serves `mentoring.profiles.v1.PrivacyService`; refusals travel as exceptions to the gate."""

    def __init__(self, erasures: Erasures, exports: Exports[PersonalRecord]) -> None:
        self._erasures = erasures
        self._exports = exports

    async def ExportPerson(
        self, request: pb.ExportPersonRequest, _: object
    ) -> AsyncIterator[pb.ExportPersonResponse]:
        """Tell everything about a person."""
        who = caller()
        person = person_id(who.org, request.name, "name")
        async for record in self._exports.of(who, person):
            yield pb.ExportPersonResponse(record=record)

    async def ErasePerson(self, request: pb.ErasePersonRequest, _: object) -> pb.Erasure:
        """Begin to forget a person."""
        who = caller()
        person = person_id(who.org, request.name, "name")
        entry, stored = await self._erasures.erase(who, person, wire.reason(request.reason), cause(request))
        return wire.erasure(Ref(who.org, entry), stored)

    async def GetErasure(self, request: pb.GetErasureRequest, _: object) -> pb.Erasure:
        """Return one entry of the ledger."""
        who = caller()
        entry = wire.erasure_id(who.org, request.name, "name")
        return wire.erasure(Ref(who.org, entry), await self._erasures.get(who, entry))

    async def ListErasures(self, request: pb.ListErasuresRequest, _: object) -> pb.ListErasuresResponse:
        """Return one page of the ledger."""
        who = caller()
        person = person_id(who.org, request.person, "person") if request.person else ""
        found = await self._erasures.list(who, person, (request.page_size, request.page_token))
        return wire.page(who.org, found)
