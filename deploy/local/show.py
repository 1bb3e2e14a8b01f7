"""What `make run` shows: a line per step, then one table of what listens where."""

from rich.console import Console
from rich.table import Table

from deploy.local.folder import Folder, State

LINKS = {"scheduling": "calendar feeds", "notifications": "links in messages"}
"""What the links that people open lead to, by service."""


def table(state: State, folder: Folder) -> Table:
    """Return the table of everything that listens, with each one's log."""
    shown = Table(title="The platform is running", title_justify="left")
    for column in ("what", "listens on", "metrics and health", "log"):
        shown.add_column(column, overflow="fold")
    for name, metrics in state.metrics.items():
        shown.add_row(name, state.grpc.get(name, "-"), f"http://{metrics}/metrics", _log(folder, name))
    for name, address in state.http.items():
        shown.add_row(f"{name} ({LINKS[name]})", f"http://{address}", "", "")
    shown.add_section()
    shown.add_row("MongoDB", state.mongo, "", _log(folder, "mongod"))
    shown.add_row(f"Kafka ({state.kafka_kind})", state.kafka, "", _log(folder, "kafka"))
    shown.add_row("mailbox (SMTP)", state.smtp, "", _log(folder, "mailbox"))
    shown.add_row("mailbox (read it here)", state.mailbox, "", "")
    shown.add_row("token issuer", state.issuer, "", _log(folder, "issuer"))
    return shown


def _log(folder: Folder, name: str) -> str:
    file = folder.log(name)
    return f"{folder.path.name}/{file.relative_to(folder.path)}" if file.exists() else ""


def hints(folder: Folder) -> tuple[str, ...]:
    """Return what to do next."""
    return (
        "token   make token ORG=acme PERSON=e0100286 ROLE=hr_admin",
        "demo    make demo",
        f"clock   .venv/bin/python -m deploy.local clock --advance 2d   (now kept in {folder.clock})",
        "stop    Ctrl-C",
    )


def ready(console: Console, state: State, folder: Folder) -> None:
    """Print the table and the hints."""
    console.print(table(state, folder))
    for line in hints(folder):
        console.print(f"  {line}", highlight=False)
