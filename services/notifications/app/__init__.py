"""What events, timers and callers make notifications do. The organization is the event's or the caller's."""
