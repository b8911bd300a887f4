"""Crowds: thousands of calls at a time on the real router, in virtual time, with providers of limited capacity."""
