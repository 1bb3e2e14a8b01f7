"""Watches what happens to every pair and decides who must be told; holds nothing that cannot be rebuilt.

Owns    nothing; the tables `pairs` and `people` are folds over the topics it hears
Serves  nobody
Tells   RebookReminderDue LeadAlertDue RecognitionEarned
        NudgeDue NudgeHeld LeadEscalationDue ConclusionDue HealthChanged
Hears   policies in force, and scheduling.MeetingBooked/Rescheduled/Held/Missed/Cancelled
        mentorships.MentorshipCreated/Activated/Extended/Paused/Resumed/Completed/Ended
        mentorships.GoalCreated/Updated/Completed/Reopened/Dropped
        mentorships.CheckInOpened/Answered/Expired FitAnswered FeedbackGiven KudosGiven
Calls   nobody
"""
