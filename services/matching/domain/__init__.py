"""What matching knows and decides: programs, runs, matches; members, skills, week, scoring; `engine`."""
