"""`python -m battery`: prepares a folder and an environment, and runs the battery in it.

A process of its own, since what authority to trust is read from the environment once, when the HTTP
library is loaded; holds of the battery stay in the folder too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from battery.certificates import make

with tempfile.TemporaryDirectory(prefix="battery-") as made:
    folder = Path(made)
    environment = {
        **os.environ,
        "MODELROUTER_BATTERY": made,
        "SSL_CERT_FILE": str(make(folder)),
        "XDG_STATE_HOME": str(folder / "state"),
    }
    done = subprocess.run([sys.executable, "-m", "battery.run", *sys.argv[1:]], env=environment, check=False)
sys.exit(done.returncode)
