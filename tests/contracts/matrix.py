"""The authorisation matrix as text: `python -m tests.contracts.matrix > tests/contracts/matrix.txt`.

It is kept in the repository, so that an RPC or a policy changes under a reviewer's eyes.
"""

import sys
from collections.abc import Sequence
from typing import Final

from google.longrunning import operations_pb2
from google.protobuf.descriptor import MethodDescriptor

from services.kernel.rpc import policy
from tests.contracts import surface

ROLES: Final = ("mentee", "mentor", "program_lead", "hr_admin", "operator", "service")
_WIDTH: Final = 62


def methods() -> Sequence[MethodDescriptor]:
    """Return every method that a service of the platform serves, but for health and reflection."""
    standard = [operations_pb2.DESCRIPTOR.services_by_name["Operations"]]
    return [*surface.methods(), *(method for service in standard for method in service.methods)]


def text() -> str:
    """Return the table: a line per method, a column per role."""
    head = "method".ljust(_WIDTH) + " ".join(ROLES)
    return "\n".join([head, *sorted(_line(method) for method in methods()), ""])


def _line(method: MethodDescriptor) -> str:
    allowed = policy.rule(method).roles
    cells = [("yes" if role in allowed else "-").ljust(len(role)) for role in ROLES]
    name = method.full_name.removeprefix("mentoring.")
    return f"{name.ljust(_WIDTH - 1)} {' '.join(cells)}".rstrip()


if __name__ == "__main__":
    sys.stdout.write(text())
