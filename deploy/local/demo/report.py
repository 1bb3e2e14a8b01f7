"""Shows the demo to people: progress bars, tables and one mentee's story; and one JSON line to machines."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.demo.audit import TOPICS, Ledger, Record
from deploy.local.demo.story import Story
from services.pb.mentoring.matching.v1.matching_service_pb2 import Contribution, Match
from services.pb.mentoring.mentorships.v1.report_service_pb2 import ProgramReport
from services.pb.mentoring.notifications.v1.inbox_service_pb2 import Message
from services.pb.mentoring.processor.v1.events_pb2 import HealthStatus

TELLING = {
    "person",
    "absent",
    "misses_in_row",
    "category",
    "score_ppm",
    "revision",
    "start_time",
    "to_status",
}
"""Fields that say in a few words what happened."""
STAGES = ("matched", "active", "met", "completed", "ended")
WIDTH = 40
"""Of the bar of all pairs, in characters."""


@dataclass
class Line:
    """One progress bar on the screen."""

    progress: Progress
    task: TaskID

    def step(self, by: int = 1) -> None:
        """Move it."""
        self.progress.advance(self.task, by)


@dataclass
class Terminal:
    """Progress bars while the demo runs, and what each step did."""

    console: Console
    steps: list[tuple[str, dict[str, int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        columns = (
            TextColumn("{task.description:<28}"),
            BarColumn(30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=self.console)

    def bar(self, title: str, total: int) -> Line:
        """Begin a bar."""
        return Line(self.progress, self.progress.add_task(title, total=total))

    def counting(self, title: str) -> Callable[[int, int], None]:
        """Begin a bar whose length is not known yet."""
        task = self.progress.add_task(title, total=None)
        return lambda done, total: self.progress.update(task, completed=done, total=total)

    def said(self, step: str, **counts: int) -> None:
        """Keep what a step did."""
        self.steps.append((step, counts))


def show(terminal: Terminal, story: Story, ledger: Ledger, outcome: ProgramReport) -> None:
    """Print everything that happened; `outcome` is what the program's lead would see of it."""
    console = terminal.console
    console.print(
        _table("Steps", ("step", "counts"), [(name, _counts(counts)) for name, counts in terminal.steps])
    )
    if story.rejected:
        rows = [(str(row.line), row.field, row.reason, row.description) for row in story.rejected]
        console.print(_table("Rejected rows", ("line", "field", "reason", "description"), rows))
    per_topic = Counter(event.topic for event in ledger.events)
    console.print(_table("Events", ("topic", "events"), [(topic, str(per_topic[topic])) for topic in TOPICS]))
    states = Counter(_category(message) for message in ledger.messages)
    mails = [(name, str(count)) for name, count in sorted(states.items())]
    console.print(
        _table(
            "Messages", ("category and state", "count"), [*mails, ("mails in the mailbox", str(held(ledger)))]
        )
    )
    checks = [(link, str(lost), str(doubled)) for link, (lost, doubled) in ledger.differences().items()]
    console.print(_table("Compared", ("link", "lost", "doubled"), checks))
    _show_program(console, outcome)
    _show_mentee(console, story, ledger)


def held(ledger: Ledger) -> int:
    """Return how many mails of this organization the mailbox holds."""
    return sum(ledger.mails.get(message.mail_message_id, 0) for message in ledger.messages)


def machine_line(story: Story, ledger: Ledger, seconds: float) -> str:
    """Return the JSON line; every number is counted from what the services and the mailbox hold."""
    differences = ledger.differences().values()
    counts = {
        "people": len({event.subject for event in ledger.of("PersonCreated")}),
        "rejected": story.imported.rejected,
        "matches": len(ledger.of("MatchConfirmed")),
        "meetings": len(ledger.of("MeetingBooked")),
        "missed": len(ledger.missed),
        "reminders": ledger.reminders,
        "recognitions": len(ledger.recognitions),
        "sent": len(ledger.sent),
        "mails": held(ledger),
        "events": len(ledger.events),
        "lost": sum(lost for lost, _ in differences),
        "doubled": sum(doubled for _, doubled in differences),
        "seconds": round(seconds, 1),
    }
    return json.dumps(counts)


def _show_program(console: Console, outcome: ProgramReport) -> None:
    """Draw how far the pairs came and how they go, of all that were matched."""
    all_pairs = max(outcome.funnel.matched, 1)
    counts = [(stage, getattr(outcome.funnel, stage)) for stage in STAGES]
    counts += [(_status(one.status), one.mentorships) for one in outcome.health]
    rows = [(name, f"{'█' * round(WIDTH * count / all_pairs)} {count}") for name, count in counts]
    rates = (
        f"{outcome.funnel.enrolled} people enrolled, "
        f"{outcome.meetings.no_show_rate:.0%} of the meetings were missed, "
        f"{outcome.check_ins.response_rate:.0%} of the check-ins answered, "
        f"{outcome.goals.completion_rate:.0%} of the goals reached"
    )
    console.print(_table(f"How the program goes: {rates}", ("pairs that are", "count"), rows))


def _status(number: HealthStatus.ValueType) -> str:
    return HealthStatus.Name(number).removeprefix("HEALTH_STATUS_").lower()


def _show_mentee(console: Console, story: Story, ledger: Ledger) -> None:
    """Tell the story of the mentee in fewest pairs who went through most kinds of things, and few of each."""
    mentions = _mentions(ledger)
    told = {pair.mentee: sorted(mentions[pair.mentee] | mentions[pair.name]) for pair in story.pairs}
    if not told:
        return
    kinds = {mentee: {ledger.events[place].type for place in places} for mentee, places in told.items()}
    pairs = Counter(person for pair in story.pairs for person in (pair.mentor, pair.mentee))
    mentee = max(told, key=lambda name: (-pairs[name], len(kinds[name]), -len(told[name]), name))
    rows = [
        (f"{event.time:%Y-%m-%d %H:%M}", event.type.rsplit(".", 1)[-1], _detail(event), event.id)
        for event in (ledger.events[place] for place in told[mentee])
    ]
    _show_reason(console, story.matches[mentee])
    console.print(_table(f"The story of {mentee}", ("time (UTC)", "event", "about", "event id"), rows))


def _show_reason(console: Console, match: Match) -> None:
    """Draw why the two were matched: what each criterion added of what it could add, for either side."""
    sides = zip(match.contributions, match.mentor_contributions, strict=True)
    rows = [(mentee.criterion, _bar(mentee), _bar(mentor)) for mentee, mentor in sides]
    scores = (f"{score / 10_000:.1f} %" for score in (match.score_ppm, match.mentor_score_ppm))
    title = f"Why {_short(match.mentor)} for {_short(match.mentee)}: {match.reason}"
    console.print(_table(title, ("criterion", "for the mentee", "for the mentor"), [*rows, ("all", *scores)]))


def _bar(part: Contribution) -> str:
    width = part.most_ppm // 20_000
    filled = round(width * part.score_ppm / part.most_ppm) if part.most_ppm else 0
    blocks = f"{'█' * filled}{'░' * (width - filled)}"
    return f"{blocks} {part.score_ppm / 10_000:.1f} of {part.most_ppm / 10_000:.0f}"


def _mentions(ledger: Ledger) -> dict[str, set[int]]:
    """Return the places in the ledger of the events that name something, or are about a part of it."""
    places: dict[str, set[int]] = defaultdict(set)
    for place, event in enumerate(ledger.events):
        named = {value for _, value in event.message.ListFields() if isinstance(value, str)}
        for name in named | {"/".join(event.subject.split("/")[:4])}:
            places[name].add(place)
    return places


def _detail(event: Record) -> str:
    """Return what tells this event from its siblings: who did it, how often, which message."""
    for descriptor, value in event.message.ListFields():
        if descriptor.name in TELLING:
            return f"{descriptor.name} {_text(descriptor, value)}"
    return _short(event.subject)


def _text(descriptor: FieldDescriptor, value: Any) -> str:
    if descriptor.is_repeated:
        return ", ".join(_short(one) for one in value)
    if descriptor.enum_type is not None:
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", descriptor.enum_type.name).upper()
        return str(descriptor.enum_type.values_by_number[value].name.removeprefix(f"{prefix}_").lower())
    return str(value.ToJsonString()) if descriptor.message_type is not None else _short(str(value))


def _short(name: str) -> str:
    return "/".join(name.split("/")[-2:])


def _category(message: Message) -> str:
    category = Message.Category.Name(message.category).removeprefix("CATEGORY_")
    return f"{category} {Message.State.Name(message.state).removeprefix('STATE_')}".lower()


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table
