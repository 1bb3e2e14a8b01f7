"""The relationship of a mentor and a mentee, from its agreement to its end, and the goals set in it.

Owns    Mentorship, Goal, PlanTemplate, Plan
Serves  MentorshipService, GoalService, PlanService
Tells   MentorshipCreated AgreementProposed AgreementSigned MentorshipActivated MentorshipEnded
        GoalCreated GoalUpdated GoalCompleted GoalReopened GoalDropped
        GoalProgressNoted MilestoneCompleted TaskCompleted
        PlanTemplateCreated PlanTemplateUpdated PlanTemplateArchived PlanApplied
Hears   matching.MatchConfirmed, matching.MatchEnded, mentorships.PlanApplied
Calls   nobody
"""
