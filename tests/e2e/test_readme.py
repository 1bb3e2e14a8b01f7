"""What the README tells people to paste works as it stands there."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from deploy.local.tokens import person_token

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
README = Path("README.md").read_text()


def block(language: str, containing: str) -> str:
    """Return the one code block of a language that contains a text."""
    (found,) = [
        text for text in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if containing in text
    ]
    return str(found)


async def output_of(command: list[str], environment: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


async def test_the_grpcurl_call_the_client_and_the_event_reader(
    platform: Stack, tools: dict[str, str]
) -> None:
    token = await person_token(platform.state.issuer, "acme", "hr-office", "hr_admin")
    address = platform.address("profiles")
    call = block("sh", "grpcurl").split("\n", 1)[1]
    call = call.replace("127.0.0.1:50051", address).replace(".venv/bin/grpcurl", "grpcurl")
    environment = {**tools, "TOKEN": token, "PROFILES": address, "KAFKA_BOOTSTRAP": platform.state.kafka}
    assert '"etag"' in await output_of(["bash", "-c", call], environment)

    assert "ada@acme.example" in await output_of(
        [sys.executable, "-c", block("python", "client.py")], environment
    )


async def test_the_event_reader_prints_events(platform: Stack, tools: dict[str, str]) -> None:
    """The reader of the README, made to read the topic that creating a person has just filled."""
    token = await person_token(platform.state.issuer, "acme", "hr-office", "hr_admin")
    call = block("sh", "grpcurl").split("\n", 1)[1].replace('"ada"', '"grace"').replace("9e01", "9e02")
    call = call.replace("ada@acme.example", "grace@acme.example")
    call = call.replace("127.0.0.1:50051", platform.address("profiles")).replace(
        ".venv/bin/grpcurl", "grpcurl"
    )
    await output_of(["bash", "-c", call], {**tools, "TOKEN": token})
    source = block("python", "reader.py").replace('"mentorships"', '"profiles", "mentorships"')
    reader = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        source,
        env={**tools, "KAFKA_BOOTSTRAP": platform.state.kafka},
        stdout=asyncio.subprocess.PIPE,
    )
    assert reader.stdout is not None
    try:
        async for line in reader.stdout:
            if b"organizations/acme/people/grace" in line:
                assert b"mentoring.profiles.v1.PersonCreated" in line
                break
    finally:
        reader.kill()
        await reader.wait()
