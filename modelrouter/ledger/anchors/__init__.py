"""Checkpoints kept where the writer cannot reach them: in a file elsewhere, with a witness, with a syslog receiver.

    anchoring = Anchoring(places_of(ledger.anchors, beside), alarm=told)
    journal = Journal(path, ..., on_checkpoint=anchoring.offer)
    anchoring.start(journal)
    ...
    journal.close()
    anchoring.close()       # after the journal, so that its last checkpoint is offered too

`anchoring` has the threads, `places` what the inventory's values mean, and `file`, `witness` and `syslog` are the places.
"""
