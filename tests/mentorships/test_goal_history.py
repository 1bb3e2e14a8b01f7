"""Goals under random histories."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.mentorships.domain import GoalCompleted, Milestone, Progress
from tests.mentorships.factories import MENTEE, NOON, draft_of, planned


class GoalHistory(RuleBasedStateMachine):
    """Whatever is done to a goal: completions are told as often as they happen, and what is done stays."""

    def __init__(self) -> None:
        super().__init__()
        self.state = planned()
        self.reached = 0
        self.done: set[str] = set()

    @precondition(lambda self: self.state.state is Progress.OPEN)
    @rule()
    def complete(self) -> None:
        self.state, events = self.state.complete(NOON)
        self.reached += events.count(GoalCompleted())

    @precondition(lambda self: self.state.state is Progress.OPEN)
    @rule()
    def drop(self) -> None:
        self.state, _ = self.state.drop(NOON)

    @precondition(lambda self: self.state.state is not Progress.OPEN)
    @rule()
    def reopen(self) -> None:
        self.state, _ = self.state.reopen()

    @precondition(lambda self: self.state.state is Progress.OPEN)
    @rule(data=st.data())
    def reach(self, data: st.DataObject) -> None:
        left = [one.id for one in self.state.milestones if one.complete_time is None]
        if left:
            key = data.draw(st.sampled_from(left))
            self.state, _ = self.state.complete_milestone(key, NOON)
            self.done.add(key)

    @precondition(lambda self: self.state.state is Progress.OPEN)
    @rule(data=st.data())
    def replan(self, data: st.DataObject) -> None:
        kept = [one for one in self.state.milestones if one.id in self.done or data.draw(st.booleans())]
        wanted = data.draw(st.permutations([*kept, Milestone("one more")]))
        draft = draft_of(self.state, milestones=tuple(wanted))
        self.state, _ = self.state.update(MENTEE, draft, ["milestones"], NOON)

    @invariant()
    def it_adds_up(self) -> None:
        assert self.state.completions == self.reached
        assert {one.id for one in self.state.milestones if one.complete_time is not None} == self.done
        named = [one.id for one in self.state.milestones] + [one.id for one in self.state.tasks]
        assert len(set(named)) == len(named)


TestGoalHistory = GoalHistory.TestCase
