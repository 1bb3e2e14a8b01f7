"""Assignments of thousands decided from arrays: compiled kernels, exact integers, one order.

People become arrays (`participants` · `gather` · `crowd` · `between` · `snapshot`), kernels look
at every pair (`kernels` · `ranking` · `search` · `market`), and a mode assigns (`acceptance` and `stable`; `auction`
and `exact`; `optimal`, `balanced`, `fair`). `run` and `answer` are the way in and out, `pool` answers single people.

Imported where something is computed and not before: the compiler takes half a second and 100 MB.
"""
