"""Scheduling at work: looking for times, booking them, and timers that come due all at once."""
