"""Profiles: the people of an organization as mentoring sees them.

Owns    Person (one document each): roles, skills, languages, zone, weekly hours, capacity, manager, state;
        Erasure, the ledger of who was forgotten.
Serves  mentoring.profiles.v1.PersonService, with the import of an HR export (CSV), and PrivacyService.
Tells   PersonCreated, PersonUpdated, PersonErased, ErasureProgressed.
Hears   PersonalDataErased of every service that keeps personal data.
Calls   PersonalDataService of the same.
"""
