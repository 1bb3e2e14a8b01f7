"""Programs, who takes part in them, and who fits whom: whole cohorts are matched and carried to acceptance.

Owns    Program, Enrolment, CohortRun and its parts, Match
Serves  ProgramService, MatchingService, google.longrunning.Operations (the runs)
Tells   ProgramCreated PersonEnrolled CohortRunRequested CohortRunProgressed CohortRunReady CohortRunFailed
        CohortRunCancelled CohortRunPublished MatchProposed MatchAccepted MatchConfirmed MatchDeclined
Hears   matching.CohortRunRequested, matching.CohortRunPublished (its own)
Calls   profiles.PersonService.BatchGetPeople
"""
