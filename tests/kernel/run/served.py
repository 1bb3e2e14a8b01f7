"""A complete small service for the tests of `kernel.run`: `python -m tests.kernel.run.served`.

GetPerson waits until somebody calls CreatePerson. LOOP chooses what its own loop does: stays, dies, ends or
ignores the stop.
"""

import asyncio
import os
from typing import Any

from services.kernel import log
from services.kernel.config import Settings
from services.kernel.run import Resources, Service, main
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1 import person_service_pb2_grpc as grpc_pb
from tests.kernel.rpc.people import NAME, People


class Held(People):
    """Holds every GetPerson until the first CreatePerson; UpdatePerson answers at once."""

    def __init__(self) -> None:
        super().__init__()
        self.hold = True

    async def CreatePerson(self, request: pb.CreatePersonRequest, context: Any) -> pb.Person:  # noqa: ARG002, N802
        self.release.set()
        return request.person

    async def UpdatePerson(self, request: pb.UpdatePersonRequest, context: Any) -> pb.Person:  # noqa: ARG002, N802
        return request.person


async def stays(stop: asyncio.Event) -> None:
    await stop.wait()


async def dies(_: asyncio.Event) -> None:
    raise LookupError


async def ends(_: asyncio.Event) -> None:
    return


async def ignores(_: asyncio.Event) -> None:
    await asyncio.Event().wait()


LOOPS = {"stays": stays, "dies": dies, "ends": ends, "ignores": ignores}


def build(settings: Settings, resources: Resources) -> Service:
    async def started() -> None:
        log.get_logger().info("hook", name="start", year=resources.clock.now().year)

    async def stopped() -> None:
        log.get_logger().info("hook", name="stop")

    return Service(
        name=settings.service,
        servicers=[(grpc_pb.add_PersonServiceServicer_to_server, Held(), NAME)],
        loops=[LOOPS[os.environ.get("LOOP", "stays")]],
        start=[started],
        stop=[stopped],
    )


if __name__ == "__main__":
    main("profiles", build)
