"""How fast customers and their purchases are imported, and how much memory that takes.

    python benchmarks/import.py                      100,000 customers in 20,000 companies, on SQLite
    python benchmarks/import.py --rows 1000000       ten times that: memory must not grow
    python benchmarks/import.py --database postgresql+psycopg://user@host/name

Each import runs in a process of its own, so that the peak memory is its own. The database must be empty.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from nurture.config import open_workspace
from nurture.customers import import_customers
from nurture.store import open_store

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
FAMILIES = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤")
GIVEN = ("花子", "太郎", "美咲", "翔太", "陽菜", "健一", "由美", "誠", "直樹", "恵")
PRODUCTS = ("LM-20", "LM-25", "BR-6204", "BR-6205", "SL-80", "CP-12")
CONFIG = """
workspace: {{name: Benchmark, time_zone: Asia/Tokyo}}
sender: {{name: Benchmark, email: news@bench.example, postal_address: "1", contact: "https://bench.example/"}}
attributes: {{machines: number, met_on: date}}
database: {database}
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--database", default="sqlite:///bench.db")
    arguments.add_argument("--one", nargs=2, metavar=("FOLDER", "FILE"), help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.one:
        _import(Path(chosen.one[0]), Path(chosen.one[1]))
        return
    with tempfile.TemporaryDirectory(prefix="nurture-bench-") as name:
        folder = Path(name)
        (folder / "config.yaml").write_text(CONFIG.format(database=chosen.database), encoding="utf-8")
        files = (_customers(folder, chosen.rows), _purchases(folder, chosen.rows))
        for file, title in ((files[0], "new"), (files[0], "the same again"), (files[1], "new")):
            # Our own module, in a process of its own: its peak memory is that of one import.
            command = [sys.executable, __file__, "--one", str(folder), str(file)]
            found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            rate = found["rows"] / found["seconds"]
            print(
                f"{file.name}, {title}: {found['rows']:,} rows in {found['seconds']:.1f} s "
                f"({rate:,.0f} rows/s; {found['busy']:.1f} s of processor time), "
                f"peak memory {found['megabytes']:.0f} MB"
            )


def _import(folder: Path, file: Path) -> None:
    """Import one file and print what it took, as JSON."""
    workspace = open_workspace(folder, {})
    store = open_store(workspace)
    start, worked = time.perf_counter(), time.process_time()
    report = import_customers(store, workspace, file, NOW)
    seconds, busy = time.perf_counter() - start, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    store.close()
    assert report.set_aside == 0, report.reasons
    print(json.dumps({"rows": report.rows, "seconds": seconds, "busy": busy, "megabytes": peak}))


def _customers(folder: Path, count: int) -> Path:
    """One customer to a row, five to a company; every column that an import usually has."""
    random, path = Random(1), folder / "customers.csv"
    head = "email,family_name,given_name,company,industry,company_founded_on,department,title,phone,locale"
    head += ",birthday,owner,consent_basis,consent_date,opted_out,machines,met_on"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        for number in range(count):
            company = number // 5
            founded = date(1900, 1, 1) + timedelta(days=company * 7 % 40_000)
            writer.writerow(
                (
                    f"person{number}@company{company}.example",
                    random.choice(FAMILIES),
                    random.choice(GIVEN),
                    f"株式会社第{company}製作所",
                    random.choice(("machinery", "automotive", "logistics")),
                    founded,
                    "購買部",
                    random.choice(("課長", "主任", "")),
                    f"03-0000-{number % 10_000:04d}",
                    "ja-JP",
                    date(1960, 1, 1) + timedelta(days=random.randrange(15_000)) if number % 3 == 0 else "",
                    random.choice(("佐藤 健一", "小林 真由美")),
                    "opt_in",
                    date(2025, 1, 1) + timedelta(days=number % 300),
                    "yes" if number % 50 == 0 else "",
                    random.randrange(1, 30),
                    "2024-04-11",
                )
            )
    return path


def _purchases(folder: Path, count: int) -> Path:
    random, path = Random(2), folder / "purchases.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("email", "product", "amount", "currency", "purchased_on", "external_id"))
        for number in range(count):
            customer = random.randrange(count)
            writer.writerow(
                (
                    f"person{customer}@company{customer // 5}.example",
                    random.choice(PRODUCTS),
                    random.randrange(100, 900_000),
                    "JPY",
                    date(2022, 1, 1) + timedelta(days=random.randrange(1700)),
                    f"SO-{number:08d}",
                )
            )
    return path


if __name__ == "__main__":
    main()
