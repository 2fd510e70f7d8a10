"""Open a file of rows: CSV or TSV, an Excel workbook, or JSON lines; its first bytes tell which."""

from __future__ import annotations

from pathlib import Path

from nurture.customers.columns import recognised
from nurture.customers.csv_source import CsvSource
from nurture.customers.json_source import JsonSource
from nurture.customers.sources import Source, require_file
from nurture.customers.xlsx_source import OLD_MARK, ZIP_MARK, XlsxSource
from nurture.errors import Finding, InputError


def open_source(path: Path, where: str) -> Source:
    """The rows of a file.

    Raises:
        InputError: it is missing, empty, or nothing that we can read.
    """
    require_file(path, where)
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(ZIP_MARK):
        return XlsxSource(path, where, recognised)
    if start.startswith(OLD_MARK):
        what = "This is a workbook of an old Excel, or one with a password."
        raise InputError(Finding(where, what, "Save it as .xlsx without a password, or as CSV UTF-8."))
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return JsonSource(path, where)
    if text.startswith((b"[{", b"[ {", b"[\n", b"[\r\n")):
        what = "This is one JSON list; we read JSON lines, one object to a line."
        raise InputError(Finding(where, what, "Write each object on a line of its own: jq -c '.[]' FILE"))
    return CsvSource(path, where, recognised)
