"""How recognition's documents are kept in MongoDB."""

from services.kernel.mongo import Kind
from services.recognition.domain.recognitions import Recognition
from services.recognition.wire import recognitions

RECOGNITIONS = Kind(
    collection="recognitions",
    state=Recognition,
    encode=recognitions.outgoing,
    indexes=(("person",), ("mentee",)),
)
