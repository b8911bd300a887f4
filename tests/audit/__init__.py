"""The independent reader of ledgers, against the router that ships: on random inventories, by the hundred thousand.

`PYTHONPATH=tests python -m audit.hops --hops 100000` and `PYTHONPATH=tests python -m audit.agreement --triples 100000`.
"""
