"""Meetings of a mentor and a mentee, or of a group: free times, bookings, who was there and who was not.

Owns    Meeting; Availability, other Calendars and Feed of each person; Settings of programs;
        copies of each mentorship's pair and of each group's people
Serves  MeetingService, AvailabilityService, and over HTTP feeds for calendar programs
Tells   MeetingProposed MeetingProposalClosed MeetingBooked SeriesBooked MeetingRescheduled
        MeetingReminderDue MeetingNoticeGiven MeetingCheckedIn MeetingHeld MeetingMissed MeetingClaimed
        MeetingClaimClosed MeetingAnswered MeetingCancelled MeetingSettingsUpdated AvailabilityUpdated
        CalendarChanged CalendarFetchDue CalendarFetched CalendarFeedChanged, and of groups
        GroupSeriesBooked GroupMeeting(Booked|Rescheduled|ReminderDue|AttendeeAdded|AttendeeRemoved
        |Answered|NoticeGiven|CheckedIn|Held|Missed|Cancelled)
Hears   mentorships.Mentorship(Activated|Paused|Resumed|Completed|Ended),
        mentorships.Group(Created|Updated|MentorJoined|Joined|Promoted|Left|Completed|Ended), its own
        CalendarFetchDue
Calls   profiles.PersonService for weekly hours, and for names and addresses in invitations;
        addresses of other calendars
"""
