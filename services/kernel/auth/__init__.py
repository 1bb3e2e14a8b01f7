"""Who calls: verified bearer tokens coming in (`Tokens`), own identity going out (`ServiceIdentity`)."""

from services.kernel.auth.identity import ServiceIdentity
from services.kernel.auth.keys import Keys
from services.kernel.auth.tokens import Caller, Tokens

__all__ = ["Caller", "Keys", "ServiceIdentity", "Tokens"]
