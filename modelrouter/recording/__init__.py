"""The ledger of one router: `record` is what the router asks and tells, `book` one opened ledger with all that copies it."""
