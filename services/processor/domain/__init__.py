"""What the history of one pair leads to, as pure folds: the same history gives the same decisions for ever.

pairs    `fold` one event, `advance` time, `due_at` for whoever waits, `health_at` for whoever asks
people   `fold` one nudge into what its person heard this week
policy   every threshold, with a version

facts    what is heard          changes, meetings   how that changes what is kept
state    what is kept           misses, recognition what follows at once
silence  when nothing happens   ladder              the steps that answer it
health   how it goes, and why   decisions           all that may follow
"""
