"""What scheduling knows and how it decides: `meetings` of pairs, `hours` in which both are free."""
