"""What matching calls: `profiles`, and `computing`, a process of its own for the seconds a cohort takes."""
