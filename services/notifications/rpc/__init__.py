"""Servicers: decode, act, encode. Refusals travel as exceptions to the gate."""
