"""The independent reader of ledgers, against the router that ships: on random inventories, by the hundred thousand.

`python -m tests.audit.hops --hops 100000` and `python -m tests.audit.agreement --triples 100000`.
"""
