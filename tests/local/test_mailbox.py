"""The local mail server: what it acknowledged it holds, and its page is safe to open."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from deploy.local import mailbox, ports
from deploy.local.mails import Mails

Browser = TestClient[web.Request, web.Application]
AT = datetime(2026, 3, 1, 10, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def mails(tmp_path: Path) -> Mails:
    return Mails(tmp_path)


@pytest.fixture
async def smtp_port(mails: Mails) -> AsyncIterator[int]:
    port = ports.free_port()
    server = await mailbox.serve_smtp(mails, port)
    yield port
    server.close()


@pytest.fixture
async def http(mails: Mails) -> AsyncIterator[Browser]:
    async with TestClient(TestServer(mailbox.application(mails))) as client:
        yield client


def letter(subject: str, body: str = "Hello") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "mentoring@localhost"
    message["To"] = "Zoë <zoe@example.com>"
    message["Subject"] = subject
    message["Message-ID"] = "<m1@localhost>"
    message.set_content(body)
    return message


async def send(port: int, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname=ports.LOOPBACK, port=port)


async def test_an_acknowledged_mail_is_read_back_also_after_a_restart(
    mails: Mails, smtp_port: int, tmp_path: Path
) -> None:
    await send(smtp_port, letter("Dein Treffen fällt aus", "Übermorgen?"))
    for held in (mails, Mails(tmp_path)):
        (mail,) = held.since("")
        assert (mail.to, mail.subject) == (("zoe@example.com",), "Dein Treffen fällt aus")
        assert (mail.message_id, mail.body.strip()) == ("<m1@localhost>", "Übermorgen?")


async def test_the_same_mail_twice_is_two_mails_with_one_message_id(
    smtp_port: int,
    http: Browser,
) -> None:
    await send(smtp_port, letter("once"))
    await send(smtp_port, letter("twice"))
    counts = await (await http.get("/counts.json")).json()
    assert counts == {"mails": 2, "distinct": 1}


async def test_since_gives_only_later_mails_with_their_headers(
    mails: Mails,
    http: Browser,
) -> None:
    first = mails.keep("a@x", ["b@x"], letter("first").as_bytes(), AT)
    mails.keep("a@x", ["b@x", "c@x"], letter("second").as_bytes(), AT)
    (later,) = await (await http.get(f"/messages.json?since={first.id}")).json()
    assert later["subject"] == "second"
    assert later["to"] == ["b@x", "c@x"]
    assert later["received"] == "2026-03-01T08:00:00+00:00"
    assert ["Message-ID", "<m1@localhost>"] in later["headers"]


async def test_a_hostile_mail_is_shown_as_text(
    mails: Mails,
    http: Browser,
) -> None:
    mail = mails.keep("a@x", ["b@x"], letter("<script>alert(1)</script>", "<b>bold</b>").as_bytes(), AT)
    page = await http.get("/")
    assert "<script>" not in await page.text()
    assert "&lt;script&gt;" in await page.text()
    one = await http.get(f"/messages/{mail.id}")
    assert one.content_type == "text/plain"
    assert one.headers["X-Content-Type-Options"] == "nosniff"
    assert "<b>bold</b>" in await one.text()
    assert (await http.get("/messages/../../keys.json")).status == 404


def test_a_mail_cut_short_by_a_crash_is_not_counted(tmp_path: Path) -> None:
    (Mails(tmp_path)).keep("a@x", ["b@x"], letter("whole").as_bytes(), AT)
    (tmp_path / "tmp" / "000000000002").write_bytes(b"X-Mailbox-Fr")
    again = Mails(tmp_path)
    assert [mail.subject for mail in again.since("")] == ["whole"]
    assert again.keep("a@x", ["b@x"], letter("next").as_bytes(), AT).id == "000000000002"


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00 not a mail", b"Content-Type: text/plain; charset=x-no\n\nhi"]
)
def test_what_is_hardly_a_mail_is_kept_all_the_same(mails: Mails, content: bytes) -> None:
    mails.keep("a@x", ["b@x"], content, datetime.now(UTC))
    assert len(mails) == 1
