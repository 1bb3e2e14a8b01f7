"""Meetings of a mentor and a mentee: free times, bookings, who was there and who was not.

Owns    Meeting, and a copy of each active mentorship's pair
Serves  MeetingService, AvailabilityService
Tells   MeetingBooked MeetingCheckedIn MeetingHeld MeetingMissed MeetingCancelled
Hears   mentorships.Mentorship(Activated|Paused|Resumed|Completed|Ended)
Calls   profiles.PersonService for weekly hours
"""
