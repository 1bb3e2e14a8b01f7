"""Profiles: the people of an organization as mentoring sees them.

Owns    Person (one document each): roles, skills, languages, zone, weekly hours, capacity, manager, state.
Serves  mentoring.profiles.v1.PersonService, with the import of an HR export (CSV).
Tells   PersonCreated, PersonUpdated.
Hears   nothing.
Calls   nobody.
"""
