"""`python -m crosswire PAGE`: writes the page of the documentation."""

from __future__ import annotations

import sys
from pathlib import Path

from crosswire.page import page

Path(sys.argv[1]).write_text(page())
