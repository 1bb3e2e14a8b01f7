"""Domain <-> protobuf: `facts` heard, `decisions` told, `policies` in force, `tables` kept."""

from services.processor.wire.decisions import Told, told, waiting
from services.processor.wire.facts import HEARD, heard, short, warned
from services.processor.wire.policies import policy, read_policy
from services.processor.wire.tables import dump, dump_person, load, load_person

__all__ = [
    "HEARD",
    "Told",
    "dump",
    "dump_person",
    "heard",
    "load",
    "load_person",
    "policy",
    "read_policy",
    "short",
    "told",
    "waiting",
    "warned",
]
