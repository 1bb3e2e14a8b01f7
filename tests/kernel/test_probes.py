import http.client
from collections.abc import Iterator

import pytest

from services.kernel import metrics
from services.kernel.probes import Health, Probes
from tests.kernel.conftest import Seconds


@pytest.fixture
def health(seconds: Seconds) -> Health:
    return Health(seconds)


@pytest.fixture
def probes(health: Health) -> Iterator[Probes]:
    server = Probes("127.0.0.1:0", health)
    server.start()
    yield server
    server.stop()


def get(probes: Probes, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", probes.port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_a_started_process_is_alive_and_not_yet_ready(probes: Probes, health: Health) -> None:
    assert get(probes, "/healthz") == (200, "ok\n")
    assert get(probes, "/readyz") == (503, "not_ready\n")
    health.ready = True
    assert get(probes, "/readyz") == (200, "ok\n")


def test_a_stalled_event_loop_is_neither_alive_nor_ready(
    probes: Probes, health: Health, seconds: Seconds
) -> None:
    health.ready = True
    seconds.now += 10.1
    assert get(probes, "/healthz") == (503, "event_loop\n")
    assert get(probes, "/readyz") == (503, "event_loop\n")
    health.tick()
    assert get(probes, "/healthz") == (200, "ok\n")


def test_a_failing_check_is_named(probes: Probes, health: Health) -> None:
    health.checks["consumer"] = lambda: False
    assert get(probes, "/healthz") == (503, "consumer\n")


def test_metrics_are_in_the_text_format(probes: Probes) -> None:
    metrics.LOOP_LAG.observe(0.25)
    code, text = get(probes, "/metrics")
    assert code == 200
    assert "# TYPE event_loop_lag_seconds histogram\n" in text
    assert 'event_loop_lag_seconds_bucket{le="+Inf"}' in text


def test_anything_else_is_not_found(probes: Probes) -> None:
    assert get(probes, "/")[0] == 404


def test_a_taken_address_is_an_error_at_once(probes: Probes, health: Health) -> None:
    with pytest.raises(OSError, match="in use"):
        Probes(f"127.0.0.1:{probes.port}", health)
