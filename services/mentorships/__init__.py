"""The relationship of a mentor and a mentee, from its agreement to its end, and the goals set in it.

Owns    Mentorship, Goal, PlanTemplate, Plan
Serves  MentorshipService, GoalService, PlanService
Tells   MentorshipCreated AgreementProposed AgreementSigned AgreementWithdrawn MentorshipActivated
        MentorshipPaused MentorshipResumed ExtensionProposed MentorshipExtended MentorshipEndNear
        ClosingProposed MentorshipCompleted MentorshipEnded MentorshipHandedOver ClosingSurveyAnswered
        GoalCreated GoalUpdated GoalCompleted GoalReopened GoalDropped
        GoalProgressNoted MilestoneCompleted TaskCompleted
        PlanTemplateCreated PlanTemplateUpdated PlanTemplateArchived PlanApplied
Hears   matching.MatchConfirmed, matching.MatchEnded, profiles.PersonUpdated, processor.ConclusionDue,
        and its own MentorshipCreated, MentorshipHandedOver, PlanApplied
Calls   profiles.PersonService
"""
