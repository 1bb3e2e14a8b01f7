"""Appreciation that lasts.

Owns    Recognition
Serves  RecognitionService
Tells   RecognitionIssued
Hears   processor.RecognitionEarned
Calls   nobody
"""
