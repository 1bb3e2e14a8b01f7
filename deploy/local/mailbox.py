"""A mail server that delivers to a folder, and a page to read it: `python -m deploy.local.mailbox --help`.

SMTP answers 250 only once the mail is on disk. HTTP serves `/` for people, `/messages/ID` one mail as text,
`/messages.json?since=ID` all after that id, and `/counts.json` `{"mails", "distinct"}` (by Message-ID).
"""

import argparse
import asyncio
import signal
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.mails import Mail, Mails
from deploy.local.ports import LOOPBACK

SHOWN = 200
MAX_BYTES = 1_048_576
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Mailbox</title>
<style>body{{font:16px sans-serif;margin:2em}}td,th{{padding:.2em 1em .2em 0;text-align:left}}</style>
<h1>Mailbox: {count} mails</h1><p>The newest {shown} come first; <a href="/messages.json">all as JSON</a>.</p>
<table><tr><th>received (UTC)</th><th>to</th><th>subject</th></tr>
{rows}
</table></html>"""


class Delivery:
    """What happens to a mail that SMTP took (aiosmtpd calls the method by its name)."""

    def __init__(self, mails: Mails) -> None:
        self._mails = mails

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store the mail, then acknowledge it."""
        content = envelope.content
        if not isinstance(content, bytes):
            return "554 no content"
        mail = self._mails.keep(envelope.mail_from or "", envelope.rcpt_tos, content, datetime.now(UTC))
        return f"250 kept as {mail.id}"


async def serve_smtp(mails: Mails, port: int) -> asyncio.Server:
    """Listen for mails on loopback."""
    handler = Delivery(mails)
    return await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, hostname="mailbox.localhost", data_size_limit=MAX_BYTES, enable_SMTPUTF8=True),
        LOOPBACK,
        port,
    )


def application(mails: Mails) -> web.Application:
    """Return the pages to read the mails with."""

    async def page(_: web.Request) -> web.Response:
        newest = list(reversed(mails.since("")))[:SHOWN]
        text = PAGE.format(count=len(mails), shown=len(newest), rows="\n".join(map(_row, newest)))
        return web.Response(text=text, content_type="text/html", headers=SAFE)

    async def one(request: web.Request) -> web.Response:
        mail = mails.get(request.match_info["id"])
        if mail is None:
            raise web.HTTPNotFound
        head = "".join(f"{name}: {value}\n" for name, value in mail.headers)
        return web.Response(text=f"{head}\n{mail.body}", content_type="text/plain", headers=SAFE)

    async def listing(request: web.Request) -> web.Response:
        return web.json_response([mail.as_json() for mail in mails.since(request.query.get("since", ""))])

    async def counts(_: web.Request) -> web.Response:
        distinct = {mail.message_id for mail in mails.since("")}
        return web.json_response({"mails": len(mails), "distinct": len(distinct)})

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/messages/{id}", one)
    app.router.add_get("/messages.json", listing)
    app.router.add_get("/counts.json", counts)
    return app


def _row(mail: Mail) -> str:
    to, subject = escape(", ".join(mail.to)), escape(mail.subject or "(no subject)")
    when = escape(mail.received[:19])
    return f'<tr><td>{when}</td><td>{to}</td><td><a href="/messages/{mail.id}">{subject}</a></td></tr>'


async def serve(folder: Path, smtp_port: int, http_port: int) -> None:
    """Serve both until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    mails = Mails(folder)
    smtp = await serve_smtp(mails, smtp_port)
    runner = web.AppRunner(application(mails), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, http_port).start()
    await stop.wait()
    smtp.close()
    await runner.cleanup()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mailbox", description="mails into a folder")
    parser.add_argument("--data", type=Path, required=True, help="folder the mails are kept in")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    args = parser.parse_args()
    asyncio.run(serve(args.data, args.smtp_port, args.http_port))


if __name__ == "__main__":
    main()
