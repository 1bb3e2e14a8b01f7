"""The relationship of a mentor and a mentee, from its agreement to its end, and all that belongs to it.

Owns    Mentorship, Goal, Feedback, Kudos, CheckInPlan, FitQuestion, Introduction
Serves  MentorshipService, GoalService, FeedbackService, CheckInService, IntroductionService
Tells   MentorshipCreated AgreementProposed AgreementSigned AgreementWithdrawn MentorshipActivated
        MentorshipPaused MentorshipResumed ExtensionProposed MentorshipExtended MentorshipEndNear
        ClosingProposed MentorshipCompleted MentorshipEnded MentorshipHandedOver ClosingSurveyAnswered
        GoalCreated GoalCompleted
        FeedbackGiven FeedbackAcknowledged KudosGiven
        CheckInsScheduled CheckIn{Opened,Answered,Expired} FitQuestionOpened FitAnswered
        Introduction{Proposed,Consented,Made,Declined}
Hears   matching.MatchConfirmed, matching.MatchEnded, profiles.PersonUpdated, processor.ConclusionDue,
        scheduling.MeetingHeld, and its own
        MentorshipCreated, MentorshipHandedOver, Mentorship{Activated,Paused,Resumed,Completed,Ended}
Calls   profiles.PersonService
"""
