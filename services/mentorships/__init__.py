"""The relationship of a mentor and a mentee, from its agreement to its end, and the goals set in it.

Owns    Mentorship, Goal, Feedback, Kudos
Serves  MentorshipService, GoalService, FeedbackService
Tells   MentorshipCreated AgreementProposed AgreementSigned MentorshipActivated MentorshipEnded
        GoalCreated GoalCompleted
        FeedbackGiven FeedbackAcknowledged KudosGiven
Hears   matching.MatchConfirmed, matching.MatchEnded; scheduling.MeetingHeld
Calls   nobody
"""
