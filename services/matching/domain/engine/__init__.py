"""Assignments of thousands decided from arrays: compiled kernels, exact integers, one order.

People become arrays: `participants` · `gather` · `crowd` · `between` · `snapshot`
Kernels look at every pair: `kernels` · `ranking` · `search` · `market`
A mode assigns: `acceptance` and `stable`; `auction` and `exact` in `optimal` · `balanced` · `fair`
In and out: `run` and `answer` for cohorts, `pool` for single people

Imported where something is computed and not before: the compiler takes half a second and 100 MB.
"""
