"""What matching knows and how it decides: programs, runs, matches; members, skills, week, scoring; `engine`."""
