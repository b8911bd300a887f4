"""Pure decisions: values in, values out; standard library only; no clock, chance, I/O or logging."""
