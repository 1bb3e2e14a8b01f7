"""No word that anybody writes gets into events, logs, metrics, spans or the audit log."""

import io
from collections.abc import Iterator
from typing import Any, Final

import pytest
from bson import encode
from prometheus_client import generate_latest

from services.kernel import log, tracing
from services.kernel.rpc import policy
from tests.contracts import matrix
from tests.contracts.belongings import stored
from tests.contracts.platform import Platform
from tests.contracts.requests import put, request_for, texts

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
WORD: Final = "kanarie"
ORG: Final = "canaries"


@pytest.fixture(scope="module")
def lines() -> Iterator[io.BytesIO]:
    """Take what the services log, down to the least severe lines."""
    taken = io.BytesIO()
    log.configure("canaries", "debug", taken)
    yield taken
    log.configure("tests")


@pytest.fixture(scope="module")
def spans() -> Iterator[list[tracing.Span]]:
    """Take the spans of the services."""
    taken: list[tracing.Span] = []
    tracing.export_to(taken.append)
    yield taken
    tracing.export_to(None)


@pytest.fixture(scope="module")
async def written(served: Platform, lines: io.BytesIO, spans: list[tracing.Span]) -> io.BytesIO:
    """Let words be stored that fit, and be refused in every text of every method."""
    await stored(served, ORG, WORD)
    for method in matrix.methods():
        sampled = ("traceparent", tracing.begin(sample=1).header())
        token = (*served.token(*policy.rule(method).roles, org=ORG), sampled)
        for place in range(len(list(texts(request_for(method, ORG))))):
            request = request_for(method, ORG)
            path, owner, field = list(texts(request))[place]
            if not _is_name(path, getattr(owner, field.name)):
                put(owner, field, f"{WORD} of nobody")
                await served.call(method, request, token)
    assert spans
    log.flush()
    return lines


def _is_name(path: str, before: Any) -> bool:
    """Whether a text names things: names and ids are what logs and events are for."""
    first = before[0] if isinstance(before, list) and before else before
    return path.endswith("_id") or (isinstance(first, str) and first.startswith("organizations/"))


async def test_words_are_stored_and_told_to_nobody(
    served: Platform, written: io.BytesIO, spans: list[tracing.Span]
) -> None:
    """Where they lie sealed is another test's, tests/e2e/test_privacy.py."""
    assert WORD.encode() not in written.getvalue()
    assert b'"event":"call"' in written.getvalue()
    assert WORD.encode() not in generate_latest()
    assert WORD not in str(spans)
    told, audited = 0, 0
    for at in served.running:
        for name in await at.database.client[at.database.name].list_collection_names():
            kept = at.database.client[at.database.name][name]
            async for document in kept.find({"tenant_id": ORG, "outbox": {"$exists": True}}):
                told += len(document["outbox"])
                assert WORD.encode() not in encode({"events": document["outbox"]}), name
        audit = at.database.client[f"{at.database.name}_audit"]["entries"]
        async for entry in audit.find({"tenant_id": ORG}):
            audited += 1
            assert WORD.encode() not in encode(entry), entry["method"]
    assert told > 20
    assert audited > 20


async def test_no_service_keeps_a_collection_of_which_no_fate_is_said(
    served: Platform, written: io.BytesIO
) -> None:
    """Looked up in the database after everything was stored that can be."""
    assert written.getvalue()
    for at in served.running:
        there = set(await at.database.client[at.database.name].list_collection_names())
        assert there <= set(at.database.fates), at.service.name
        assert None not in at.database.fates.values()
