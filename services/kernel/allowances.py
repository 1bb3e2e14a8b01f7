"""How much callers may ask for, as settings: rates per second, calls per day, daily allowances by kind.

Rates are those of one process, or of `rate_shares` together; what counts by the day is added up over all.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, Field, InstanceOf
from pydantic_settings import BaseSettings, NoDecode

from services.kernel.rates import Rate


class Allowance(NamedTuple):
    """Uses a day of each caller, and of all callers of an organization together; 0 is without limit."""

    caller: int
    tenant: int


DAILY: Final[Mapping[str, Allowance]] = {
    "match_requests": Allowance(30, 5_000),
    "invitations": Allowance(100, 20_000),
    "introductions": Allowance(20, 2_000),
    "kudos": Allowance(50, 20_000),
    "reports": Allowance(10, 500),
    "messages": Allowance(100, 5_000),
    "imports": Allowance(100, 500),
    "exports": Allowance(500, 2_000),
    "cohort_runs": Allowance(50, 200),
}
"""By kind, the names of `mentoring.options.v1.Quota` in lower case. More than people at work need, by far."""

_EVERY: Final = "all"
Network = IPv4Network | IPv6Network


def allowances(text: str) -> dict[str, Allowance]:
    """Read "kudos=50:20000,exports=10:100" over what is usual; "all=0:0" stands for every kind.

    ValueError for what is none of that.
    """
    found = dict(DAILY)
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, numbers = part.partition("=")
        if kind not in {*DAILY, _EVERY}:
            raise ValueError(f"knows no kind of that name; it knows {', '.join(DAILY)} and {_EVERY}")
        found.update(dict.fromkeys(DAILY if kind == _EVERY else (kind,), _allowance(numbers)))
    return found


def _allowance(text: str) -> Allowance:
    caller, _, tenant = text.partition(":")
    if not (caller.isdecimal() and tenant.isdecimal()):
        raise ValueError("must be kind=a day of each caller:a day of all, such as kudos=50:20000")
    return Allowance(int(caller), int(tenant))


def networks(text: str) -> tuple[Network, ...]:
    """Read "10.0.0.0/8,fd00::/8". ValueError for what is no network."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _read(parse: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


_Rate = Annotated[InstanceOf[Rate], NoDecode, _read(Rate.parse)]


class LimitSettings(BaseSettings):
    """What one process of a service is told about limits."""

    in_flight_limit: int = Field(default=512, ge=1, description="calls handled at once; more are refused")
    rate_address: _Rate = Field(
        default=Rate(20, 100), description="refused tokens of one network address, per second:at once"
    )
    rate_caller: _Rate = Field(default=Rate(50, 500), description="calls of one person, per second:at once")
    rate_service: _Rate = Field(
        default=Rate(2_000, 10_000), description="calls of another service about one organization"
    )
    rate_tenant: _Rate = Field(
        default=Rate(500, 5_000), description="calls of all people of an organization, per second:at once"
    )
    rate_shares: int = Field(
        default=1, ge=1, description="replicas that share the four rates above: each lets through its part"
    )
    daily_calls_caller: int = Field(default=100_000, ge=0, description="calls of one person a day; 0: any")
    daily_calls_service: int = Field(
        default=0, ge=0, description="calls of another service about one organization a day; 0: any"
    )
    daily_calls_tenant: int = Field(
        default=5_000_000, ge=0, description="calls of all people of an organization a day; 0: any"
    )
    daily_quotas: Annotated[InstanceOf[dict[str, Allowance]], NoDecode, _read(allowances)] = Field(
        default_factory=lambda: dict(DAILY),
        description="kind=a day of each caller:of the organization[,…]; what is not named stays usual",
    )
    trusted_proxies: Annotated[InstanceOf[tuple[Network, ...]], NoDecode, _read(networks)] = Field(
        default=(), description="networks whose x-forwarded-for is believed, such as 10.0.0.0/8"
    )
