"""Programs, who takes part in them, and who fits whom: whole cohorts are matched and carried to acceptance.

Owns    Program, Enrolment, CohortRun, Match, MatchRequest, and the seats of each mentor
Serves  ProgramService, MatchingService, MatchRequestService
Tells   ProgramCreated PersonEnrolled CohortRunRequested CohortRunReady CohortRunFailed CohortRunPublished
        MatchProposed MatchAccepted MatchConfirmed MatchDeclined MatchEnded
        MatchRequested MatchRequest{Reminded,MoreAsked,Answered,Accepted,Waitlisted,Promoted,Matched}
        MatchRequest{Declined,Withdrawn,Expired,Closed} MentorSeatsTaken MentorSeatsFreed
Hears   its own: runs, requests, matches, seats, and who or what takes no part any more;
        mentorships.MentorshipEnded, profiles.PersonUpdated
Calls   profiles.PersonService.BatchGetPeople
"""
