"""For operators' commands, the one place that looks beyond one organization."""

from typing import Any

from services.kernel.mongo.aggregates import Aggregates


async def tenants(aggregates: Aggregates[Any]) -> list[str]:
    """Return every organization that has any of a kind."""
    return sorted(await aggregates.committed.distinct("tenant_id"))
