"""Time and memory of ``earwitness examine`` on a 32-minute recording, all processes together.

    .venv/bin/python bench/examine.py [FILE [OPTIONS OF earwitness examine]]

Without a file, 32 minutes of speech-like noise in Opus are made. Memory is the proportional set
size of the command and its workers, read from /proc every 50 ms; its peak is printed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from decode import make

COMMAND = [sys.executable, "-m", "earwitness.cli", "-q", "examine"]


def family(process: int) -> list[int]:
    """A process and all that it started."""
    found = [process]
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == process:
            found += family(int(path.parent.name))
    return found


def memory_kb(process: int) -> int:
    """Proportional set size of one process."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> int:
    """Print seconds and peak memory, first run and second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.opus"
        if len(sys.argv) > 1:
            path = Path(folder) / Path(sys.argv[1]).name
            shutil.copyfile(sys.argv[1], path)
        else:
            make(path, "libopus")
        for run in ("first run", "again"):
            started, peak = time.perf_counter(), 0
            with subprocess.Popen(
                [*COMMAND, str(path), *sys.argv[2:]], stdout=subprocess.DEVNULL
            ) as process:
                while process.poll() is None:
                    peak = max(peak, sum(memory_kb(each) for each in family(process.pid)))
                    time.sleep(0.05)
            seconds = time.perf_counter() - started
            print(f"{run}: {seconds:.1f} s, {peak / 1000:.0f} MB, exit code {process.returncode}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
