"""How many random examples a test tries."""

from hypothesis import settings

USUAL = 100


def examples(count: int, steps: int | None = None) -> settings:
    """Return settings for `count` examples in a whole run, for as small a share as others in a fast one.

    `steps` is how long a state machine runs.
    """
    usual = settings()
    tried = max(3, round(count * usual.max_examples / USUAL))
    return settings(max_examples=min(count, tried), stateful_step_count=steps or usual.stateful_step_count)
