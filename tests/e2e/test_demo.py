"""The main job on real input, as `make demo` does it, against a running platform."""

import asyncio
import json
import sys

import pytest

from deploy.local.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


async def run_demo(platform: Stack, tools: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """Run the demo as a user does; return its exit code, stdout and stderr."""
    command = (sys.executable, "-m", "deploy.local.demo", "--data", str(platform.folder.path), *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, env=tools, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:  # the test was given up
            process.kill()
            await process.wait()
    return await process.wait(), out.decode(), err.decode()


async def test_everything_that_should_follow_from_the_export_follows_once(
    platform: Stack, tools: dict[str, str]
) -> None:
    code, out, err = await run_demo(platform, tools, "--org", "enterprise")
    assert code == 0, err
    told = json.loads(out.splitlines()[-1])
    assert (told["people"], told["rejected"]) == (1198, 0)
    assert (told["lost"], told["doubled"]) == (0, 0)
    pairs = told["matches"]
    assert pairs > 500
    assert told["meetings"] == 2 * pairs
    first_misses = sum(place % 5 <= 1 for place in range(pairs))
    second_misses = sum(place % 5 == 0 for place in range(pairs))
    assert told["missed"] == first_misses + second_misses
    alerts = second_misses  # they missed both, in a row: their program leads are told
    assert told["reminders"] == 2 * told["missed"] + alerts
    goals = sum(place % 5 in {1, 3} for place in range(pairs))
    met = pairs - second_misses
    # A goal, the mentee's first; and a first meeting for both of a pair. A mentor's first impact and first
    # thanks come once, however many mentees reach a goal.
    of_mentors = told["recognitions"] - 2 * goals - 2 * met
    assert of_mentors % 2 == 0
    assert 0 < of_mentors <= 2 * goals
    assert told["mails"] == told["sent"]


async def test_a_file_with_bad_rows_is_imported_without_them_and_each_is_named(
    platform: Stack, tools: dict[str, str]
) -> None:
    code, out, err = await run_demo(
        platform, tools, "--org", "bad-rows", "--file", "tests/data/hr_export_bad.csv"
    )
    assert "Rejected rows" in err, out
    assert "time_zone" in err
    assert code == 0, err
    assert json.loads(out.splitlines()[-1])["rejected"] == 23


async def test_a_file_that_is_not_text_is_refused_with_one_clear_line(
    platform: Stack, tools: dict[str, str], tmp_path: object
) -> None:
    code, out, err = await run_demo(platform, tools, "--org", "no-text", "--file", sys.executable)
    assert code == 1
    assert out == ""
    assert "FILE_NOT_" in err
    assert "Traceback" not in err
