"""What happens while requests run: the one driver, the one mutable state, streams, probes."""
