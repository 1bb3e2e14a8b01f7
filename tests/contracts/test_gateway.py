"""What a gateway lets in from outside is what services serve to portals, not what they ask each other."""

import pytest

from deploy.k8s import gateway
from services.kernel.audit.rpc import NAME as AUDIT
from tests.contracts.platform import Platform

pytestmark = pytest.mark.servers
BETWEEN_SERVICES = "mentoring.privacy.v1.PersonalDataService"


async def test_the_gateway_knows_every_service_that_portals_call(served: Platform) -> None:
    for running in served.running:
        names = {name for _, _, name in running.service.servicers}
        assert set(gateway.let_in(running.service.name)) == names - {AUDIT, BETWEEN_SERVICES}
    assert gateway.AUDIT == AUDIT
