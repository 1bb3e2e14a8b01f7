"""What callers and events make matching do: get, decide, save. What they need: `ports`."""
