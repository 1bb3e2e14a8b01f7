"""Adds to a service what it does for everybody whose data it keeps."""

from dataclasses import replace

from services.kernel.events import Handlers
from services.kernel.mongo import Database
from services.kernel.privacy.erasing import Erasing, kind_of
from services.kernel.privacy.exporting import Exporting
from services.kernel.privacy.rpc import PersonalDataService
from services.kernel.run.service import Service
from services.pb.mentoring.privacy.v1.personal_data_service_pb2_grpc import (
    add_PersonalDataServiceServicer_to_server,
)
from services.pb.mentoring.profiles.v1.events_pb2 import PersonErased

_SERVED = "mentoring.privacy.v1.PersonalDataService"


def with_privacy(service: Service, database: Database) -> Service:
    """Return the service as it also hears of erasures and hands out personal data, if it keeps any.

    After its own handlers, so that a person is erased when all that follows from it elsewhere is done.
    TypeError for a collection of which nobody said what becomes of a person's documents.
    """
    if service.erased is None:
        return service
    if silent := sorted(name for name, fate in database.fates.items() if fate is None):
        raise TypeError(f"say what becomes of erased people in {', '.join(silent)}: Kind.erasure")
    erased = database.aggregates(kind_of(service.name, service.erased))
    handlers = service.handlers or Handlers()
    erasing = Erasing(erased, service.kinds, database.vault, database.claims, service.erasers)
    handlers.on(PersonErased, erasing.heard)
    exporting = PersonalDataService(service.name, Exporting(service.kinds))
    return replace(
        service,
        servicers=(*service.servicers, (add_PersonalDataServiceServicer_to_server, exporting, _SERVED)),
        handlers=handlers,
        kinds=(*service.kinds, erased),
    )
