"""Messages to people: an inbox each may read, and mails that say the same.

Owns    Message, Preferences
Serves  InboxService, PreferenceService
Tells   MessageQueued MessageSent MessageDelayed MessageFailed MessageSuppressed MessageRead
        PreferencesUpdated
Hears   processor.RebookReminderDue, processor.LeadAlertDue, recognition.RecognitionIssued,
        matching.MatchRequest…, matching.MatchEnded, its own MessageQueued
Calls   profiles.PersonService for names and addresses, an SMTP server
"""
