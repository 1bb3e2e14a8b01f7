"""Whom notifications asks: `profiles` for people, a mail server by `smtp`."""
