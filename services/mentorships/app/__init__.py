"""What callers and events make mentorships do: get, decide, save. What they need: `ports`."""
