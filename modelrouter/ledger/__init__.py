"""What happened, so that nobody can bend it afterwards.

`canonical` gives values their one form in bytes; `entry` is one entry and what is revealed of it; `chain` puts entries
after one another; `merkle` and `tiles` are the tree over them; `note`, `checkpoint` and `proof` are what is signed
and handed out; `ed25519` alone names the library that signs. `verifier` is one file for an auditor, which needs
nothing but Python and shares no code with the others. The format is described in docs/ledger-format.md.
"""
