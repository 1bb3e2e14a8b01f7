"""The command line, up to the point where a process would start."""

import pytest

from services.kernel.config import Settings
from services.kernel.run import Resources, Service, main


def never(_: Settings, __: Resources) -> Service:
    raise AssertionError("nothing shall be built")


def exit_code(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main("profiles", never, arguments)
    return ended.value.code


def test_an_unknown_role_is_refused_before_settings_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("rpc", "everything") == 2
    assert "unknown role: everything" in capsys.readouterr().err


def test_help_names_every_role(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "python -m services.profiles" in told
    for role in ("rpc: answer calls", "events: handle", "relay: publish", "due: fire", "work: run"):
        assert role in told


def test_help_names_what_is_done_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    assert "rewrap-keys: let the first key" in " ".join(capsys.readouterr().out.split())


def test_a_file_for_what_is_said_is_refused_where_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("rpc", "--output", "said") == 2
    assert "--output is for what is done once" in capsys.readouterr().err


def test_wrong_settings_end_it_with_all_mistakes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("ENVIRONMENT", "staging")
    assert exit_code("rpc") == 2
    complaints = {line.partition(":")[0] for line in capsys.readouterr().err.splitlines()}
    assert complaints > {"ENVIRONMENT", "MONGO_URL", "KAFKA_BOOTSTRAP"}
