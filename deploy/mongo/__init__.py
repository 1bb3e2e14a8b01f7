"""Prepares a MongoDB for the platform: a replica set, and one user per service for its own databases only."""
