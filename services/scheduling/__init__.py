"""Meetings of a mentor and a mentee: free times, bookings, who was there and who was not.

Owns    Meeting, Availability and other Calendars of each person, and a copy of each active mentorship's pair
Serves  MeetingService, AvailabilityService
Tells   MeetingBooked MeetingRescheduled MeetingReminderDue MeetingNoticeGiven MeetingCheckedIn MeetingHeld
        MeetingMissed MeetingClaimed MeetingClaimClosed MeetingAnswered MeetingCancelled
        AvailabilityUpdated CalendarChanged
Hears   mentorships.MentorshipActivated, mentorships.MentorshipEnded
Calls   profiles.PersonService for weekly hours
"""
