"""What breaks if: pure work on the graph of what processes depend on; standard library only; no clock, chance or I/O."""
