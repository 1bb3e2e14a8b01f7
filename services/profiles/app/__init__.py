"""What callers make people do, and what is done for those who want their data or to be forgotten."""
