"""The command line: what people type, and that a platform stops with code 0 and nothing left."""

import argparse
import asyncio
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from deploy.local import show
from deploy.local.__main__ import duration, main
from deploy.local.folder import Folder
from deploy.local.process import ROOT
from tests.local.test_folder import STATE


def test_durations_are_a_number_and_a_unit() -> None:
    assert [duration(text) for text in ("30s", "15m", "3h", "2d")] == [
        timedelta(seconds=30),
        timedelta(minutes=15),
        timedelta(hours=3),
        timedelta(days=2),
    ]
    for wrong in ("", "2", "2w", "-1d", "1.5h"):
        with pytest.raises(argparse.ArgumentTypeError):
            duration(wrong)


@pytest.mark.parametrize(
    "command", [["token", "--org", "acme", "--person", "e1", "--role", "mentee"], ["clock"]]
)
def test_without_a_platform_it_says_how_to_start_one(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--data", str(tmp_path)]) == 1
    assert "make run" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["run"], ["token"], ["clock"]])
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert "usage: python -m deploy.local" in capsys.readouterr().out


def test_the_clock_of_a_running_platform_is_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Folder(tmp_path)
    with folder.held():
        folder.publish(replace(STATE, clock_file=str(folder.clock)))
        assert main(["clock", "--data", str(tmp_path)]) == 0
        assert main(["clock", "--data", str(tmp_path), "--advance", "2d"]) == 0
    before, after = capsys.readouterr().out.split()
    assert before[:10] < after[:10]
    assert after.endswith("+00:00")


def test_the_table_names_everything_that_listens(tmp_path: Path) -> None:
    console = Console(width=200, record=True, file=(tmp_path / "out").open("w"))
    with console.file:
        show.ready(console, STATE, Folder(tmp_path))
    shown = console.export_text()
    for value in (
        "127.0.0.1:50051",
        "http://127.0.0.1:9101/metrics",
        "Kafka (apache)",
        STATE.mailbox,
        STATE.smtp,
    ):
        assert value in shown
    assert "make token" in shown


@pytest.mark.servers
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_while_starting_ends_with_code_0_and_no_orphan(
    tmp_path: Path, number: signal.Signals
) -> None:
    """The hardest moment: servers are half up and the start is still under way."""
    command = [sys.executable, "-m", "deploy.local", "run", "--data", str(tmp_path), "--kafka", "embedded"]
    child = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert child.stdout is not None
    seen = ""
    while "is ready" not in seen:
        line = await child.stdout.readline()
        assert line, f"ended too early:\n{seen}"
        seen += line.decode()
    children = psutil.Process(child.pid).children(recursive=True)
    child.send_signal(number)
    seen += (await child.stdout.read()).decode()
    assert await child.wait() == 0, seen
    assert seen.rstrip().endswith("stopped")
    assert children
    assert [one for one in children if one.is_running()] == []


def test_a_broker_nobody_knows_is_refused_wherever_it_was_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA", "rabbit")
    for command in (["run", "--data", str(tmp_path)], ["run", "--kafka", "external"]):
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert ended.value.code == 2
        assert "apache" in capsys.readouterr().err
