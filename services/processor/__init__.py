"""Watches what happens to every pair and decides who must be told; holds nothing that cannot be rebuilt.

Owns    nothing; the table `pairs` is a fold over the topics it hears
Serves  nobody
Tells   RebookReminderDue LeadAlertDue RecognitionEarned
Hears   scheduling.MeetingHeld scheduling.MeetingMissed mentorships.GoalCompleted
Calls   nobody
"""
