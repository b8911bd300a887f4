"""Measurements: what importing and calling cost, beside what others cost in the same run."""
