"""Programs, who takes part in them, and who fits whom: whole cohorts are matched and carried to acceptance.

Owns    Program, Enrolment, CohortRun, Match
Serves  ProgramService, MatchingService
Tells   ProgramCreated PersonEnrolled CohortRunRequested CohortRunReady CohortRunFailed CohortRunPublished
        MatchProposed MatchAccepted MatchConfirmed MatchDeclined
Hears   matching.CohortRunRequested, matching.CohortRunPublished (its own)
Calls   profiles.PersonService.BatchGetPeople
"""
