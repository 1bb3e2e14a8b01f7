"""How Faust logs in: the same way as every other client."""

from pathlib import Path

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from services.kernel.kafka import Cluster, Login
from services.kernel.password import Password
from services.kernel.tls import ClientContext
from services.processor.agents.worker import credentials
from tests.certificates import Authority


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "clear"])
@pytest.mark.parametrize("named", [True, False], ids=["login", "unnamed"])
def test_the_stream_connects_as_producers_and_consumers_do(
    tmp_path: Path, *, encrypted: bool, named: bool
) -> None:
    (tmp_path / "password").write_text("hunter2")
    login = Login("SCRAM-SHA-512", "processor", Password(tmp_path / "password")) if named else None
    context = ClientContext(Authority(tmp_path).file) if encrypted else None
    cluster = Cluster("kafka:9093", context, login)
    expected = {name: value for name, value in cluster.options().items() if name != "bootstrap_servers"}
    if not encrypted and not named:
        del expected["ssl_context"]
    assert credentials_to_aiokafka_auth(credentials(cluster)) == expected
