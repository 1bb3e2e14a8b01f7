"""Mails over a real SMTP connection: what arrives, and what becomes of every way it can fail."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.ports import free_port
from services.notifications.app.ports import Mail, Person
from services.notifications.clients.smtp import Failover, Security, Smtp, composed
from services.notifications.domain.messages import Attempt, Content, Verdict
from tests.notifications.factories import ACCEPTED, EVENT_ID, MESSAGE_ID, NOON
from tests.notifications.postbox import Postbox, postbox
from tests.notifications.trust import contexts

SENDER = "mentoring@acme.example"
KIM = Person("Kim", "Kim Lee", "kim@acme.example", employed=True)
MAIL = Mail(
    to=KIM,
    content=Content("Please book", "Hello Kim,\n\nplease book.\n"),
    message_id=f"<{MESSAGE_ID}@mentoring>",
    cause=EVENT_ID,
    date=NOON,
)


@pytest.fixture
async def box() -> AsyncIterator[Postbox]:
    async with postbox() as made:
        yield made


@pytest.fixture
async def smtp(box: Postbox) -> AsyncIterator[Smtp]:
    client = Smtp(box.address, SENDER)
    yield client
    await client.close()


async def test_a_mail_arrives_with_its_headers(box: Postbox, smtp: Smtp) -> None:
    assert await smtp.send(MAIL) == ACCEPTED
    [mail], [envelope] = box.mails, box.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, ["kim@acme.example"])
    assert {name: str(mail[name]) for name in mail if name not in {"MIME-Version", "Content-Type"}} == {
        "From": SENDER,
        "To": "Kim Lee <kim@acme.example>",
        "Subject": "Please book",
        "Date": "Mon, 02 Mar 2026 12:00:00 +0000",
        "Message-ID": f"<{MESSAGE_ID}@mentoring>",
        "Auto-Submitted": "auto-generated",
        "X-Mentoring-Event": EVENT_ID,
        "Content-Transfer-Encoding": "7bit",
    }
    assert mail.get_content().splitlines() == MAIL.content.text.splitlines()


async def test_any_script_arrives_as_it_was_written(box: Postbox, smtp: Smtp) -> None:
    name = "Zoë 李, Jr."
    content = Content("Ein Treffen mit Łukasz: 会议 " * 5 + "!", "Grüße, 你好 🎉\n")
    assert await smtp.send(replace(MAIL, to=replace(KIM, full_name=name), content=content)) == ACCEPTED
    [mail] = box.mails
    assert mail["To"].addresses[0].display_name == name
    assert (mail["Subject"], mail.get_content().strip()) == (content.subject, content.text.strip())


async def test_one_connection_serves_many_mails(box: Postbox, smtp: Smtp) -> None:
    for _ in range(3):
        await smtp.send(MAIL)
    assert (len(box.mails), box.connections) == (3, 1)


async def test_many_mails_at_once_share_four_connections(box: Postbox, smtp: Smtp) -> None:
    answers = await asyncio.gather(*(smtp.send(MAIL) for _ in range(20)))
    assert answers == [ACCEPTED] * 20
    assert len(box.mails) == 20
    assert 1 <= box.connections <= 4


async def test_a_connection_that_the_server_closed_meanwhile_is_replaced(box: Postbox, smtp: Smtp) -> None:
    await smtp.send(MAIL)
    box.hang_up()
    assert await smtp.send(MAIL) == ACCEPTED
    assert (len(box.mails), box.connections) == (2, 2)


@pytest.mark.parametrize(
    ("recipient", "data", "attempt"),
    [
        ("550 5.1.1 nobody here", "250 OK", Attempt(Verdict.PERMANENT, "SMTP_550")),
        ("450 4.2.1 later", "250 OK", Attempt(Verdict.TEMPORARY, "SMTP_450")),
        ("250 OK", "554 5.7.1 no", Attempt(Verdict.PERMANENT, "SMTP_554")),
        ("250 OK", "451 4.3.0 later", Attempt(Verdict.TEMPORARY, "SMTP_451")),
    ],
)
async def test_a_refusal_counts_as_the_server_said_and_the_connection_goes_on(
    box: Postbox, smtp: Smtp, recipient: str, data: str, attempt: Attempt
) -> None:
    box.recipient, box.data = recipient, data
    assert await smtp.send(MAIL) == attempt
    box.recipient = box.data = "250 OK"
    assert await smtp.send(MAIL) == ACCEPTED
    assert (len(box.mails), box.connections) == (1, 1)


async def test_a_connection_cut_before_the_answer_is_a_failure_for_now(box: Postbox, smtp: Smtp) -> None:
    box.data = ""
    assert await smtp.send(MAIL) == Attempt(Verdict.TEMPORARY, "SMTP_DISCONNECTED")


async def test_a_server_that_ends_idle_connections_with_421_gets_the_mail_on_a_new_one(
    box: Postbox, smtp: Smtp
) -> None:
    await smtp.send(MAIL)
    box.sender = "421 4.4.2 idle for too long"
    assert await smtp.send(MAIL) == Attempt(Verdict.TEMPORARY, "SMTP_421")
    assert box.connections == 2, "the known one, and then a new one"
    box.sender = "250 OK"
    assert await smtp.send(MAIL) == ACCEPTED
    assert len(box.mails) == 2


async def test_a_server_that_greylists_takes_the_second_try_with_the_same_message_id(
    box: Postbox, smtp: Smtp
) -> None:
    box.recipient = "451 4.7.1 greylisted, try again later"
    assert await smtp.send(MAIL) == Attempt(Verdict.TEMPORARY, "SMTP_451")
    box.recipient = "250 OK"
    assert await smtp.send(MAIL) == ACCEPTED
    assert [mail["Message-ID"] for mail in box.mails] == [MAIL.message_id]


@pytest.mark.servers
async def test_a_server_that_falls_silent_within_data_is_left_and_the_connection_with_it(
    box: Postbox,
) -> None:
    smtp = Smtp(box.address, SENDER, timeout_seconds=2)
    box.silent = True
    assert await smtp.send(MAIL) == Attempt(Verdict.TEMPORARY, "SMTP_TIMEOUT")
    box.silent = False
    assert await smtp.send(MAIL) == ACCEPTED
    await smtp.close()
    assert (len(box.mails), box.connections) == (1, 2)


async def test_an_absent_server_is_a_failure_for_now() -> None:
    attempt = await Smtp(("127.0.0.1", free_port()), SENDER).send(MAIL)
    assert attempt == Attempt(Verdict.TEMPORARY, "SMTP_UNREACHABLE")


async def test_a_server_that_never_speaks_is_a_failure_for_now() -> None:
    done = asyncio.Event()

    async def silence(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()
        writer.close()

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    silent = Smtp(server.sockets[0].getsockname(), SENDER, timeout_seconds=0.05)
    assert await silent.send(MAIL) == Attempt(Verdict.TEMPORARY, "SMTP_UNREACHABLE")
    done.set()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("greeting", [b"", b"554 no service\r\n"])
async def test_a_first_server_that_hangs_or_refuses_loses_the_mail_to_the_next_exactly_once(
    box: Postbox, smtp: Smtp, greeting: bytes
) -> None:
    """It was never told of the mail, so the other one may have it."""
    done, came = asyncio.Event(), list[bytes]()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        came.append(await reader.read(10_000))
        await done.wait()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    first = Smtp(server.sockets[0].getsockname(), SENDER, timeout_seconds=0.2)
    both = Failover(first, smtp)
    assert [await both.send(MAIL) for _ in range(2)] == [ACCEPTED, ACCEPTED]
    await both.close()
    done.set()
    server.close()
    await server.wait_closed()
    assert [mail["Message-ID"] for mail in box.mails] == [MAIL.message_id] * 2
    assert not any(b"MAIL FROM" in one.upper() for one in came)


async def test_while_the_first_server_is_not_there_the_next_one_takes_the_mails(
    box: Postbox, smtp: Smtp
) -> None:
    both = Failover(Smtp(("127.0.0.1", free_port()), SENDER), smtp)
    assert await both.send(MAIL) == ACCEPTED
    await both.close()
    assert len(box.mails) == 1


@pytest.mark.parametrize(("recipient", "data"), [("450 4.2.1 later", "250 OK"), ("250 OK", "")])
async def test_what_a_server_may_have_taken_is_not_given_to_another(
    box: Postbox, smtp: Smtp, recipient: str, data: str
) -> None:
    """It said something, or fell silent in the middle: the same server is asked again later."""
    box.recipient, box.data = recipient, data
    async with postbox() as other:
        both = Failover(smtp, Smtp(other.address, SENDER))
        assert (await both.send(MAIL)).verdict is Verdict.TEMPORARY
        await both.close()
    assert other.connections == 0


@pytest.mark.parametrize(
    "address", ["nobody", "two@a.example, three@b.example", "x@a.example\r\nBcc: y@b.example", "a b@c"]
)
async def test_what_is_no_address_is_never_sent(box: Postbox, smtp: Smtp, address: str) -> None:
    attempt = await smtp.send(replace(MAIL, to=replace(KIM, address=address)))
    assert attempt == Attempt(Verdict.PERMANENT, "ADDRESS_MALFORMED")
    assert box.connections == 0


async def test_closing_says_goodbye_and_sending_goes_on_afterwards(box: Postbox, smtp: Smtp) -> None:
    await smtp.send(MAIL)
    await smtp.close()
    assert await smtp.send(MAIL) == ACCEPTED
    assert box.connections == 2


async def test_closing_a_connection_that_is_gone_is_no_failure(box: Postbox, smtp: Smtp) -> None:
    await smtp.send(MAIL)
    box.hang_up()
    await smtp.close()
    assert len(box.mails) == 1


async def test_a_mail_with_two_forms_lets_the_reader_choose(box: Postbox, smtp: Smtp) -> None:
    await smtp.send(replace(MAIL, content=replace(MAIL.content, html="<p>Grüße</p>")))
    [mail] = box.mails
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert html.get_content().strip() == "<p>Grüße</p>"


async def test_mail_programs_are_told_how_to_unsubscribe(box: Postbox, smtp: Smtp) -> None:
    link = "https://mentoring.example/unsubscribe/" + "a" * 120
    await smtp.send(replace(MAIL, unsubscribe=link))
    [mail] = box.mails
    assert mail["List-Unsubscribe"].replace(" ", "") == f"<{link}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_after_starttls_the_server_learns_who_sends(tmp_path: Path) -> None:
    server, client = contexts(tmp_path)
    security = Security(starttls=True, context=client, login=("mentoring", "secret"))
    async with postbox(tls=server) as made:
        smtp = Smtp(("localhost", made.address[1]), SENDER, security)
        assert await smtp.send(MAIL) == ACCEPTED
        await smtp.close()
    assert made.logins == [("mentoring", "secret")]


async def test_encrypted_from_the_first_byte(tmp_path: Path) -> None:
    server, client = contexts(tmp_path)
    async with postbox(tls=server, implicit=True) as made:
        smtp = Smtp(
            ("localhost", made.address[1]), SENDER, Security(tls=True, starttls=False, context=client)
        )
        assert await smtp.send(MAIL) == ACCEPTED
        await smtp.close()
    assert len(made.mails) == 1


async def test_no_mail_goes_out_in_the_clear_where_encryption_is_asked_for(box: Postbox) -> None:
    smtp = Smtp(box.address, SENDER, Security(starttls=True))
    assert await smtp.send(MAIL) == Attempt(Verdict.TEMPORARY, "SMTP_UNREACHABLE")
    assert box.mails == []


async def test_a_certificate_of_nobody_we_trust_gets_no_mail(tmp_path: Path) -> None:
    server, _ = contexts(tmp_path)
    async with postbox(tls=server, implicit=True) as made:
        smtp = Smtp(("localhost", made.address[1]), SENDER, Security(tls=True, starttls=False))
        assert await smtp.send(MAIL) == Attempt(Verdict.TEMPORARY, "SMTP_UNREACHABLE")
    assert made.mails == []


async def test_an_address_in_any_script_reaches_a_server_that_takes_it(box: Postbox, smtp: Smtp) -> None:
    address = "józef@łódź.example"
    assert await smtp.send(replace(MAIL, to=replace(KIM, address=address))) == ACCEPTED
    assert [envelope.rcpt_tos for envelope in box.envelopes] == [[address]]


@given(
    st.text(max_size=80),
    st.text(max_size=200),
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=2000),
    st.booleans(),
)
def test_any_words_survive_the_way_through_a_mail(name: str, subject: str, body: str, html: bool) -> None:  # noqa: FBT001
    """The standard library reads what we wrote."""
    name, subject = " ".join(name.split()), " ".join(subject.split())
    content = Content(subject, body, f"<p>{body}</p>" if html else "")
    try:
        raw = composed(SENDER, replace(MAIL, to=replace(KIM, full_name=name), content=content))
    except ValueError:
        assert "\0" in name + subject
        return
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    read = message_from_bytes(raw, policy=policy.default)
    assert [one.addr_spec for one in read["To"].addresses] == [KIM.address]
    assert read.keys().count("Subject") == 1
    plain = next(part for part in read.walk() if part.get_content_type() == "text/plain")
    assert plain.get_content().splitlines() == body.splitlines()
    assert (read.get_content_type() == "multipart/alternative") is html


def test_a_line_like_a_boundary_ends_no_part() -> None:
    content = Content("s", "before\n--=_mentoring--\nafter", "<p>x</p>")
    read = message_from_bytes(composed(SENDER, replace(MAIL, content=content)), policy=policy.default)
    plain, _ = read.iter_parts()
    assert plain.get_content().splitlines() == ["before", "--=_mentoring--", "after"]
