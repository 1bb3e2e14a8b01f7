"""What is left to forget of a person in the documents of one kind, beside texts that are sealed."""

import re
from typing import Any, Final

from services.kernel import ids
from services.kernel.fates import Emptied
from services.kernel.mongo.about import concerning
from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.model import Cause, Ref, request_cause
from services.kernel.personal import ITSELF

_DIGESTED: Final = {"$gt": ""}


async def empty(aggregates: Aggregates[Any], person: Ref, cause: Cause) -> None:
    """Empty every document about a person, if the kind says how, each once per cause. PyMongoError."""
    fate = aggregates.kind.erasure
    if not isinstance(fate, Emptied):
        return
    found = aggregates.committed.find(concerning(aggregates.kind, person), {"id": 1})
    for document in await found.sort("id", 1).to_list(None):
        ref = Ref(person.tenant, document["id"])
        own = Cause(ids.derived_id(cause.id, aggregates.kind.collection, ref.id), trace=cause.trace)
        await aggregates.change(ref, lambda state: fate.forget(person.id, state), own)


async def forget_digests(aggregates: Aggregates[Any], person: Ref) -> None:
    """Forget what requests said by which a person, or others about that person alone, changed anything.

    Who knows all words of a request but one could find that one by its digest. The ids stay: a request that
    comes once more is refused as another one. PyMongoError.
    """
    kind = aggregates.kind
    if not kind.concerns:
        return
    theirs = {"id": {"$regex": f"^{re.escape(request_cause(person.id))}"}}
    remembered = {"h": _DIGESTED} if ITSELF in kind.concerns else {**theirs, "h": _DIGESTED}
    about = concerning(kind, person)
    created = {f"created.{field}": value for field, value in remembered.items()}
    await aggregates.collection.update_many({"$and": [about, created]}, {"$set": {"created.h": ""}})
    await aggregates.collection.update_many(
        {"$and": [about, {"seen": {"$elemMatch": remembered}}]},
        {"$set": {"seen.$[one].h": ""}},
        array_filters=[{f"one.{field}": value for field, value in remembered.items()}],
    )
