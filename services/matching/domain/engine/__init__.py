"""Assignments of thousands decided from arrays: compiled kernels, exact integers, one order."""
