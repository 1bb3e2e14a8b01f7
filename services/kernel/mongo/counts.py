"""How many aggregates of a kind there are, by what their states say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.spans import command

S = TypeVar("S")


async def count_by(
    aggregates: Aggregates[S], tenant: str, created: tuple[datetime, datetime], *, paths: Sequence[str]
) -> Mapping[tuple[Any, ...], int]:
    """Return how many were created from `created[0]` to before `created[1]`, by the values at state paths.

    It reads each of them, by the index on their creation. PyMongoError when that takes more than 5 s.
    """
    start, end = created
    keys = {str(place): f"$state.{path}" for place, path in enumerate(paths)}
    found = aggregates.committed.aggregate(
        [
            {"$match": {"tenant_id": tenant, "create_time": {"$gte": start, "$lt": end}}},
            {"$group": {"_id": keys, "count": {"$sum": 1}}},
        ]
    )
    with command(aggregates.collection, "aggregate"):
        groups = await found.to_list(None)
    return {tuple(group["_id"].get(key) for key in keys): group["count"] for group in groups}
