"""Rehearsals: scenarios played against twins, verdicts and the report."""
