from ipaddress import ip_network

import pytest

from services.kernel.allowances import DAILY, Allowance, allowances, networks
from services.kernel.rates import Rate
from services.pb.mentoring.options.v1 import quota_pb2
from tests.kernel.test_config import GOOD, complaints, load


def test_every_kind_of_the_contract_has_its_usual_number() -> None:
    kinds = {name.removeprefix("QUOTA_").lower() for name in quota_pb2.Quota.keys()}  # noqa: SIM118 -- no dict
    assert set(DAILY) == kinds - {"unspecified"}


def test_what_is_not_named_stays_usual() -> None:
    read = allowances("kudos=5:50, exports=0:7")
    assert (read["kudos"], read["exports"]) == (Allowance(5, 50), Allowance(0, 7))
    assert read["reports"] == DAILY["reports"]


def test_all_stands_for_every_kind_and_a_later_one_wins() -> None:
    read = allowances("all=0:0,kudos=1:2")
    assert read == {**dict.fromkeys(DAILY, Allowance(0, 0)), "kudos": Allowance(1, 2)}


@pytest.mark.parametrize("text", ["cudos=1:2", "kudos", "kudos=1", "kudos=-1:2", "kudos=1:x", "=1:2"])
def test_what_is_no_allowance_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"knows no kind|such as kudos"):
        allowances(text)


def test_networks_are_read_from_a_list() -> None:
    assert networks(" 10.0.0.0/8,fd00::/8 ") == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"RATE_CALLER": "7:70", "DAILY_QUOTAS": "kudos=1:2", "TRUSTED_PROXIES": "10.0.0.0/8"}
    settings = load(monkeypatch, GOOD | told)
    assert settings.rate_caller == Rate(7, 70)
    assert settings.daily_quotas["kudos"] == Allowance(1, 2)
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"),)


def test_wrong_limits_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"RATE_TENANT": "many", "DAILY_QUOTAS": "kudos=lots", "TRUSTED_PROXIES": "everybody"}
    lines = complaints(monkeypatch, capsys, GOOD | wrong)
    assert {line.partition(":")[0] for line in lines} == set(wrong)
