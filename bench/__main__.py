"""``make bench``: the benches that need no data but what they make themselves, one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ALONE = ("decode.py", "examine.py")


def main() -> int:
    """Run them; the others need real speech or much time, and say so in RESULTS.md."""
    folder = Path(__file__).parent
    codes = []
    for name in ALONE:
        print(f"== bench/{name}", flush=True)
        codes.append(subprocess.run([sys.executable, str(folder / name)], check=False).returncode)
    others = sorted(
        {path.name for path in folder.glob("*.py")} - {*ALONE, "__init__.py", "__main__.py"}
    )
    print("not run (see bench/RESULTS.md):", ", ".join(others))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
