"""The broker: its pinned server, and its topics as data."""
