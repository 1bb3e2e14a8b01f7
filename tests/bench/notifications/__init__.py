"""Measures notifications: the way of an event to the mail server, and to those who look at their inbox."""
