"""Servicers: decode, app, encode."""
