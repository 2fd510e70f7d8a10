"""Make the sample customers, purchases and activities anew.

In:  a folder and the day that counts as today.
Out: `customers.csv`, `purchases.csv` and `activities.csv` in it.

    .venv/bin/python examples/make_sample.py --today 2026-11-20 --folder examples
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from nurture.samples import SAMPLE_DAY, write_sample


def main() -> None:
    """Read the arguments, write the files, say what they hold."""
    parser = argparse.ArgumentParser(description="Write the sample customers, purchases and activities.")
    parser.add_argument(
        "--today", type=date.fromisoformat, default=SAMPLE_DAY, help="the day that counts as today"
    )
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent, help="where the files go")
    arguments = parser.parse_args()
    sample = write_sample(arguments.folder, arguments.today)
    counts = ", ".join(f"{count:,} {kind}" for kind, count in sample.counts.items())
    sys.stderr.write(f"{arguments.folder}: {counts}, as of {arguments.today}\n")


if __name__ == "__main__":
    main()
