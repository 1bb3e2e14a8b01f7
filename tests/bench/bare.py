"""The baseline server: grpc.aio on uvloop whose handlers do one database operation and nothing else.

`python -m tests.bench.bare` with MONGO_URL, PEOPLE and GOALS (database.collection); prints its address.
"""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any

import grpc
import uvloop
from motor.motor_asyncio import AsyncIOMotorClient

from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.profiles.v1 import person_service_pb2 as people


def handlers(client: Any) -> dict[str, Any]:
    """Return one generic handler per measured method."""
    person = _collection(client, os.environ["PEOPLE"])
    goal = _collection(client, os.environ["GOALS"])

    async def get_person(request: people.GetPersonRequest, _: object) -> people.Person:
        _, org, _, one = request.name.split("/")
        found = await person.find_one({"_id": f"{org}/{one}"})
        return people.Person(name=request.name, country=found["state"]["country"])

    async def complete_goal(request: goals.CompleteGoalRequest, _: object) -> goals.Goal:
        _, org, *_, one = request.name.split("/")
        await goal.update_one(
            {"_id": f"{org}/{one}"},
            {"$set": {"state.complete_time": datetime.now(UTC)}, "$inc": {"version": 1}},
        )
        return goals.Goal(name=request.name)

    return {
        "mentoring.profiles.v1.PersonService": {
            "GetPerson": grpc.unary_unary_rpc_method_handler(
                get_person, people.GetPersonRequest.FromString, people.Person.SerializeToString
            )
        },
        "mentoring.mentorships.v1.GoalService": {
            "CompleteGoal": grpc.unary_unary_rpc_method_handler(
                complete_goal, goals.CompleteGoalRequest.FromString, goals.Goal.SerializeToString
            )
        },
    }


def _collection(client: Any, path: str) -> Any:
    database, _, name = path.partition(".")
    return client[database][name]


async def serve() -> None:
    """Serve until the process is ended."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    for name, methods in handlers(AsyncIOMotorClient(os.environ["MONGO_URL"], maxPoolSize=64)).items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)  # noqa: T201 -- read by the benchmark
    await server.wait_for_termination()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
