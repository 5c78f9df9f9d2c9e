"""Resemblyzer beside it: the same people, conditions and calibration, vectors from its own weights."""
