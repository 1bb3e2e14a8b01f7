"""What callers and events make recognition do: get, decide, save. What they need: `ports`."""
