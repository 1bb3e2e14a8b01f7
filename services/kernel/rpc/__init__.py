"""gRPC: `server` behind one `gate` (policy, validation, status), `client` to other services, `context`."""

from services.kernel.rpc.context import caller, cause, request_id

__all__ = ["caller", "cause", "request_id"]
