"""A ledger in the forms that others read: lines with tiles, tables, security events.

Everything here streams, so that memory stays the same however long a ledger is, and everything is written beside its
place and put there when it is whole.
"""
