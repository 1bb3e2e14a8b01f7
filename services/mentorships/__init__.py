"""The relationship of a mentor and a mentee, from its agreement to its end, and all that belongs to it.

Owns    Mentorship, Goal, PlanTemplate, Plan, Feedback, Kudos, CheckInPlan, FitQuestion, Introduction,
        SafetyReport, Block, Note, ActionItem, SkillRating, LearningResource, Group, SurveyPlan
Serves  MentorshipService, GoalService, PlanService, FeedbackService, CheckInService, IntroductionService,
        SafetyService, JournalService, GrowthService, LearningService, GroupService, SurveyService,
        ReportService
Tells   MentorshipCreated AgreementProposed AgreementSigned AgreementWithdrawn MentorshipActivated
        MentorshipPaused MentorshipResumed ExtensionProposed MentorshipExtended MentorshipEndNear
        ClosingProposed MentorshipCompleted MentorshipEnded MentorshipHandedOver ClosingSurveyAnswered
        GoalCreated GoalUpdated GoalCompleted GoalReopened GoalDropped
        GoalProgressNoted MilestoneCompleted TaskCompleted
        PlanTemplateCreated PlanTemplateUpdated PlanTemplateArchived PlanApplied
        Note{Updated,Deleted} ActionItem{Created,Updated,Completed,Dropped} SkillRated
        LearningResource{Created,Updated,Archived}
        FeedbackGiven FeedbackAcknowledged KudosGiven
        SurveyPlanUpdated CheckInsScheduled CheckIn{Opened,Answered,Expired} FitQuestionOpened FitAnswered
        Introduction{Proposed,Consented,Offered,Made,Declined}
        SafetyReport{Filed,Closed} SafetyCaseLogged PersonBlocked
        Group{Created,Updated,MentorInvited,MentorJoined,InvitationDeclined,Joined,Waitlisted,Promoted}
        Group{Left,Completed,Ended} GroupGoal{Added,Completed,Dropped}
Hears   matching.MatchConfirmed, matching.MatchEnded, matching.EnrolmentEnded, profiles.PersonUpdated,
        processor.{ConclusionDue,HealthChanged}, scheduling.Meeting{Held,Missed}, and its own
        Mentorship{Created,HandedOver,Activated,Paused,Resumed,Completed,Ended} PlanApplied
        SafetyCaseLogged PersonBlocked Group{Created,MentorJoined,Joined,Waitlisted}
Calls   profiles.PersonService, matching.ProgramService
"""
