"""Whom scheduling asks."""
