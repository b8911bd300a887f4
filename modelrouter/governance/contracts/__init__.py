"""Contracts at work: what was promised beside what was recorded, and what is due.

    record      what a ledger's entries say of each deployment, minute by minute
    measure     availability by a contract's own definition
    cutoffs     when a provider switched us off
    promises    each promise with its verdict, credits due, and the next date
    claim       the pack to claim credits with

Pure, as all of this room: entries in, values and texts out. Times are minutes since 1970 in UTC, which has no summer time.
"""
