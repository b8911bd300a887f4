"""Reads a ledger as somebody would who trusts nobody: judges every recorded hop anew, and shares no code with whoever decided."""
