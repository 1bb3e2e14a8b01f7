"""PersonalDataService: decode, act, encode."""

import msgspec
from google.protobuf.struct_pb2 import Struct

from services.kernel import fields
from services.kernel.mongo import Ref
from services.kernel.mongo.about import Kept
from services.kernel.privacy.erasing import PERSON
from services.kernel.privacy.exporting import Exporting
from services.kernel.rpc import caller
from services.pb.mentoring.privacy.v1 import personal_data_service_pb2 as pb
from services.pb.mentoring.privacy.v1.personal_data_service_pb2_grpc import PersonalDataServiceServicer


class PersonalDataService(PersonalDataServiceServicer):
    """Serves `mentoring.privacy.v1.PersonalDataService` of the service `name`."""

    def __init__(self, name: str, exporting: Exporting) -> None:
        self._name = name
        self._exporting = exporting

    async def ExportPersonalData(
        self, request: pb.ExportPersonalDataRequest, _: object
    ) -> pb.ExportPersonalDataResponse:
        """Return a page of what is kept about a person."""
        who = caller()
        person = Ref(who.org, fields.owned_id(who.org, PERSON, request.person, "person"))
        kept, token = await self._exporting.page(person, request.page_token)
        records = [record(self._name, item) for item in kept]
        return pb.ExportPersonalDataResponse(records=records, next_page_token=token)


def record(service: str, kept: Kept) -> pb.PersonalRecord:
    """Encode one document; moments and days become their ISO 8601 texts."""
    content = Struct()
    content.update(msgspec.to_builtins(kept.content))
    message = pb.PersonalRecord(service=service, collection=kept.collection, id=kept.id, content=content)
    fields.set_time(message.create_time, kept.create_time)
    fields.set_time(message.update_time, kept.update_time)
    return message
