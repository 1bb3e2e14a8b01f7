"""Messages to people: an inbox each may read, and mails that say the same.

Owns    Message, Preferences
Serves  InboxService, PreferenceService
Tells   MessageQueued MessageSent MessageDelayed MessageFailed MessageSuppressed MessageRead
        PreferencesUpdated
Hears   processor.RebookReminderDue, processor.LeadAlertDue, recognition.RecognitionIssued,
        processor.NudgeDue, processor.LeadEscalationDue, its own MessageQueued,
        matching.MatchRequest…, matching.MatchEnded, matching.EnrolmentRequested, and from mentorships
        AgreementProposed MentorshipPaused MentorshipResumed ExtensionProposed ClosingProposed
        MentorshipEndNear MentorshipCompleted MentorshipEnded CheckInOpened FitQuestionOpened FeedbackGiven
        KudosGiven IntroductionProposed IntroductionMade, and from scheduling MeetingReminderDue
        MeetingRescheduled MeetingCancelled MeetingClaimed
Calls   profiles.PersonService for names and addresses, an SMTP server
"""
