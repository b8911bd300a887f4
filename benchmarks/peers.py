"""Installs the gateways of others, each in an environment of its own: `python -m benchmarks.peers`.

LiteLLM's proxy with pip, Portkey's gateway with npm; about two minutes and 1.5 GB. What cannot be installed here is left out
of `benchmarks.gateway`, and said. Nothing of it is ever installed with the router.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

from benchmarks.gateways import LITELLM, PEERS, PORTKEY

PACKAGES = ("litellm[proxy]==1.106.2", "uvloop")
NODE = {
    "name": "peers",
    "private": True,
    "dependencies": {"@portkey-ai/gateway": "1.15.2"},
    "overrides": {"@hono/node-server": "1.13.8"},  # with later ones it answers streams with an error of its own
}


def main() -> None:
    PEERS.mkdir(parents=True, exist_ok=True)
    for name, there, install in (("LiteLLM", LITELLM, _litellm), ("Portkey", PORTKEY, _portkey)):
        try:
            if not there.exists():
                install()
            print(f"{name}: installed")
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{name}: cannot be installed here: {error}", file=sys.stderr)


def _litellm() -> None:
    home = PEERS / "litellm"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pip = [str(home / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *PACKAGES], check=True)


def _portkey() -> None:
    if shutil.which("npm") is None:
        raise OSError("there is no npm")
    home = PEERS / "portkey"
    home.mkdir(exist_ok=True)
    (home / "package.json").write_text(json.dumps(NODE))
    subprocess.run(["npm", "install", "--ignore-scripts", "--no-fund", "--no-audit"], cwd=home, check=True)


if __name__ == "__main__":
    main()
