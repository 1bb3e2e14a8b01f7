"""The relationship of a mentor and a mentee, from its agreement to its end, and the goals set in it.

Owns    Mentorship, Goal
Serves  MentorshipService, GoalService
Tells   MentorshipCreated AgreementProposed AgreementSigned MentorshipActivated MentorshipEnded
        GoalCreated GoalUpdated GoalCompleted GoalReopened GoalDropped
        GoalProgressNoted MilestoneCompleted TaskCompleted
Hears   matching.MatchConfirmed, matching.MatchEnded
Calls   nobody
"""
