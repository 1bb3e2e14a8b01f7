"""Matching measured by itself: whole cohorts and single recommendations, from people to the plan."""
