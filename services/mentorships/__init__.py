"""The relationship of a mentor and a mentee, from its agreement to its end, and the goals set in it.

Owns    Mentorship, Goal, Feedback, Kudos, CheckInPlan, FitQuestion
Serves  MentorshipService, GoalService, FeedbackService, CheckInService
Tells   MentorshipCreated AgreementProposed AgreementSigned MentorshipActivated MentorshipEnded
        GoalCreated GoalCompleted
        FeedbackGiven FeedbackAcknowledged KudosGiven
        CheckInsScheduled CheckIn{Opened,Answered,Expired} FitQuestionOpened FitAnswered
Hears   matching.MatchConfirmed, matching.MatchEnded; scheduling.MeetingHeld;
        its own: Mentorship{Activated,Paused,Resumed,Completed,Ended}
Calls   nobody
"""
