"""The relationship of a mentor and a mentee, from its agreement to its end, and what the two do in it.

Owns    Mentorship, Goal, PlanTemplate, Plan, Note, ActionItem, SkillRating, LearningResource
Serves  MentorshipService, GoalService, PlanService, JournalService, GrowthService, LearningService
Tells   MentorshipCreated AgreementProposed AgreementSigned AgreementWithdrawn MentorshipActivated
        MentorshipPaused MentorshipResumed ExtensionProposed MentorshipExtended MentorshipEndNear
        ClosingProposed MentorshipCompleted MentorshipEnded MentorshipHandedOver ClosingSurveyAnswered
        GoalCreated GoalUpdated GoalCompleted GoalReopened GoalDropped
        GoalProgressNoted MilestoneCompleted TaskCompleted
        PlanTemplateCreated PlanTemplateUpdated PlanTemplateArchived PlanApplied
        NoteUpdated NoteDeleted
        ActionItemCreated ActionItemUpdated ActionItemCompleted ActionItemDropped
        SkillRated
        LearningResourceCreated LearningResourceUpdated LearningResourceArchived
Hears   matching.MatchConfirmed, matching.MatchEnded, profiles.PersonUpdated, processor.ConclusionDue,
        and its own MentorshipCreated, MentorshipHandedOver, PlanApplied
Calls   profiles.PersonService
"""
