"""Programs, who takes part in them, and who fits whom: whole cohorts are matched and carried to acceptance.

Owns    Program and its revisions, Enrolment, CohortRun and its parts, Match, MatchRequest, seats of mentors,
        TeamSettings
Serves  ProgramService, MatchingService, MatchRequestService, SkillService, TeamService,
        google.longrunning.Operations (the runs)
Tells   Program{Created,Updated,Closed} PersonEnrolled Enrolment{Requested,Updated,Paused,Resumed,Ended}
        CohortRun{Requested,Progressed,Ready,Failed,Cancelled,Published}
        Match{Proposed,Accepted,Confirmed,Declined,Adopted,Ended} MentorSeatsTaken MentorSeatsFreed
        MatchRequested MatchRequest{Reminded,MoreAsked,Answered,Accepted,Waitlisted,Promoted,Matched}
        MatchRequest{Declined,Withdrawn,Expired,Closed} TeamSettingsUpdated
Hears   its own: programs, enrolments, runs, requests, matches, seats;
        mentorships.Mentorship{Created,Ended,Completed}, profiles.PersonUpdated
Calls   profiles.PersonService.BatchGetPeople and ListPeople
"""
