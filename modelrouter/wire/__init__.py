"""Providers' HTTP dialects: pure reading and rendering of requests, answers and streams; no clock, chance, I/O or logging."""
