"""Appreciation that lasts.

Owns    Recognition
Serves  RecognitionService
Tells   RecognitionIssued RecognitionRevoked
Hears   processor.RecognitionEarned
Calls   nobody
"""
