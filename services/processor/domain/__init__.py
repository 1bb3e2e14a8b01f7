"""What the history of one pair leads to, as pure folds: the same history gives the same decisions for ever.

pairs      `fold` one event, `advance` time, `due_at` for whoever waits
people     `fold` one nudge into what a person heard this week
state      what is kept of a pair           facts      what is heard
decisions  what follows                     policy     every threshold
silence    when nothing happens             ladder     the steps that answer it
health     how it goes, and why             recognition  what is earned
"""
