"""Prepares a MongoDB for the platform, and copies its databases.

A replica set, and one user per service for its own databases only; backups that are counted and hashed.
"""
