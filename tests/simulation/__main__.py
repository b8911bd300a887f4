"""`python -m tests.simulation`."""

from __future__ import annotations

import logging
import sys

import structlog

from .run import main

if __name__ == "__main__":
    # What routers log of made-up failures is nothing anybody wants to read, and takes longer than a seed.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sys.exit(main())
