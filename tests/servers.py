"""A real PostgreSQL for tests: a throw-away cluster on the loopback, which can be killed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from earwitness.store.server import disconnect

OWNER, ROLE, DATABASE = "keeper", "desk", "earwitness"
_PLACES = ("/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin")


def programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, if PostgreSQL is installed."""
    for place in map(Path, _PLACES):
        if (place / "initdb").is_file():
            return place
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started() -> Iterator[Cluster]:
    """A cluster that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="earwitness-postgresql-") as folder:
        if os.geteuid() == 0:
            Path(folder).chmod(0o755)
        made = Cluster(Path(folder) / "cluster")
        made.make()
        try:
            yield made
        finally:
            disconnect()
            made.stop()


@dataclass
class Cluster:
    """A PostgreSQL in a folder of its own. It refuses to run as root, so there another user runs it."""

    folder: Path
    port: int = field(default_factory=free_port)
    user: str = "postgres"
    database: str = DATABASE

    def url(self, role: str = ROLE) -> str:
        """The address for a role."""
        return f"postgresql+psycopg://{role}@127.0.0.1:{self.port}/{self.database}"

    def with_database(self, name: str) -> Cluster:
        """The same cluster with another, new database."""
        self.sql(f"CREATE DATABASE {name} OWNER {OWNER}", "postgres")
        return replace(self, database=name)

    def make(self) -> None:
        """Make the cluster, start it, and make its roles and database."""
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "admin", "-A", "trust",
                  "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "-N")  # fmt: skip
        self.start()
        self.sql(f"CREATE ROLE {OWNER} LOGIN", "postgres")
        self.sql(f"CREATE ROLE {ROLE} LOGIN", "postgres")
        self.sql(f"CREATE DATABASE {DATABASE} OWNER {OWNER}", "postgres")

    def start(self) -> None:
        """Start the server, also after it was killed; wait until it answers."""
        settings = (f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= "
                    "-c fsync=off -c max_connections=200")  # fmt: skip
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "60", "-o", settings,
                  "-l", str(self.folder / "log"), "start")  # fmt: skip

    def stop(self) -> None:
        """Stop it, without waiting for those who are connected."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")

    def kill(self) -> None:
        """Kill the server and all that works for it, as when a machine loses power."""
        first = (self.folder / "data" / "postmaster.pid").read_text().splitlines()[0]
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", first], capture_output=True,
                                  text=True, check=False).stdout.split()  # fmt: skip
        for process in (first, *children):
            try:
                os.kill(int(process), signal.SIGKILL)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + 20
        while Path(f"/proc/{first}").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def sql(self, command: str, database: str = "", role: str = "admin") -> str:
        """Carry out one command; give what it prints."""
        place = programs()
        assert place is not None
        command_line = [str(place / "psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", role,
                        "-d", database or self.database, "-XAtq", "-v", "ON_ERROR_STOP=1",
                        "-c", command]  # fmt: skip
        done = subprocess.run(command_line, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _run(self, program: str, *arguments: str) -> None:
        place = programs()
        assert place is not None
        command = [str(place / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups",
                       *command]  # fmt: skip
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, capture_output=False, stdout=subprocess.DEVNULL,
                              stderr=subprocess.STDOUT, env=environment, cwd="/", check=False)  # fmt: skip
        assert done.returncode == 0, f"{program} ended with {done.returncode}"


@contextmanager
def s3_server() -> Iterator[str]:
    """Moto's server, which speaks S3, as a process of its own; give its address."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < deadline and process.poll() is None, "moto does not answer"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
