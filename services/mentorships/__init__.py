"""The relationship of a mentor and a mentee, from its agreement to its end, and the goals set in it.

Owns    Mentorship, Goal
Serves  MentorshipService, GoalService
Tells   MentorshipCreated AgreementProposed AgreementSigned AgreementWithdrawn MentorshipActivated
        MentorshipPaused MentorshipResumed ExtensionProposed MentorshipExtended MentorshipEndNear
        ClosingProposed MentorshipCompleted MentorshipEnded MentorshipHandedOver ClosingSurveyAnswered
        GoalCreated GoalCompleted
Hears   matching.MatchConfirmed, matching.MatchEnded, profiles.PersonUpdated, processor.ConclusionDue,
        and its own MentorshipCreated, MentorshipHandedOver
Calls   profiles.PersonService
"""
