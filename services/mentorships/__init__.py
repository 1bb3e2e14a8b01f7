"""The relationship of a mentor and a mentee, from its agreement to its end, and what the two do in it.

Owns    Mentorship, Goal, PlanTemplate, Plan, Note, ActionItem, SkillRating, LearningResource
Serves  MentorshipService, GoalService, PlanService, JournalService, SkillService, LearningService
Tells   MentorshipCreated AgreementProposed AgreementSigned MentorshipActivated MentorshipEnded
        GoalCreated GoalUpdated GoalCompleted GoalReopened GoalDropped
        GoalProgressNoted MilestoneCompleted TaskCompleted
        PlanTemplateCreated PlanTemplateUpdated PlanTemplateArchived PlanApplied
        NoteUpdated NoteDeleted
        ActionItemCreated ActionItemUpdated ActionItemCompleted ActionItemDropped
        SkillRated
        LearningResourceCreated LearningResourceUpdated LearningResourceArchived
Hears   matching.MatchConfirmed, matching.MatchEnded, mentorships.PlanApplied
Calls   nobody
"""
