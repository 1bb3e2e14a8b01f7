"""How recognitions are kept in MongoDB."""

from services.kernel.mongo import Kind
from services.recognition import wire
from services.recognition.domain import Recognition

RECOGNITIONS = Kind(
    collection="recognitions", state=Recognition, encode=wire.outgoing, indexes=(("mentee",),)
)
