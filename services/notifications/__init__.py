"""Messages to people: an inbox each may read, and mails that say the same.

Owns    Message, Preferences, Chat, Words, Workflow, Webhook, Delivery
Serves  InboxService, PreferenceService, ChatService, TemplateService, WorkflowService,
        WebhookService, DeliveryService, links in mails
Tells   MessageQueued MessageHeld MessageSent MessageDelayed MessageFailed MessageBounced
        MessageSuppressed MessageDigested MessageSeen MessageRead MessagePostQueued MessagePostDelayed
        MessagePosted MessagePostFailed PreferencesUpdated ChatUpdated ChatDisabled ChatDeleted
        TemplateUpdated TemplateReset WorkflowUpdated WorkflowReset WebhookCreated WebhookUpdated
        WebhookSecretRotated WebhookDisabled WebhookDeleted WebhookDeliveryQueued WebhookDeliveryDelayed
        WebhookDelivered WebhookDeliveryFailed
Hears   processor.RebookReminderDue, processor.LeadAlertDue, recognition.RecognitionIssued,
        processor.NudgeDue, processor.LeadEscalationDue, its own MessageQueued,
        MessagePostQueued, MessagePostFailed, ChatDisabled,
        matching.MatchRequest…, matching.MatchEnded, matching.EnrolmentRequested, and from mentorships
        AgreementProposed MentorshipPaused MentorshipResumed ExtensionProposed ClosingProposed
        MentorshipEndNear MentorshipCompleted MentorshipEnded CheckInOpened FitQuestionOpened FeedbackGiven
        KudosGiven IntroductionProposed IntroductionOffered IntroductionMade, from scheduling
        MeetingReminderDue MeetingProposed MeetingBooked SeriesBooked MeetingRescheduled
        MeetingCancelled MeetingClaimed MeetingAnswered GroupSeriesBooked GroupMeeting(ReminderDue|Booked
        |AttendeeAdded|Rescheduled|Cancelled|AttendeeRemoved|Missed|Answered); for webhooks every event of
        matching, mentorships, processor, recognition and scheduling, and its own
        WebhookDeliveryQueued … Failed, WebhookDisabled
Calls   profiles.PersonService for names and addresses, scheduling.MeetingService for invitations,
        mentorships.CheckInService for who answers by a link, an SMTP server, endpoints of organizations,
        chats
"""
