"""Meetings of a mentor and a mentee: free times, bookings, who was there and who was not.

Owns    Meeting; Availability, other Calendars and Feed of each person; Settings of programs;
        a copy of each mentorship's pair
Serves  MeetingService, AvailabilityService, and over HTTP feeds for calendar programs
Tells   MeetingProposed MeetingProposalClosed MeetingBooked SeriesBooked MeetingRescheduled
        MeetingReminderDue MeetingNoticeGiven MeetingCheckedIn MeetingHeld MeetingMissed MeetingClaimed
        MeetingClaimClosed MeetingAnswered MeetingCancelled MeetingSettingsUpdated AvailabilityUpdated
        CalendarChanged CalendarFetchDue CalendarFetched CalendarFeedChanged
Hears   mentorships.Mentorship(Activated|Paused|Resumed|Completed|Ended), its own CalendarFetchDue
Calls   profiles.PersonService for weekly hours, and for names and addresses in invitations;
        addresses of other calendars
"""
