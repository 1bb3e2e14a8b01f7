"""Appreciation that lasts.

Owns    Recognition, Badge, BadgeAward and its credential, RecognitionChoice, RecognitionSettings
Serves  RecognitionService, BadgeService, SettingsService, CredentialService
Tells   Recognition{Issued,Revoked} BadgeUpdated BadgeAwarded BadgeAwardRevoked CredentialIssued
        RecognitionChoiceUpdated RecognitionSettingsUpdated
Hears   processor.RecognitionEarned, mentorships.GroupGoalCompleted
Calls   nobody
"""
