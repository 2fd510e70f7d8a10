"""A first workspace: the few files that `nurture init` writes.

In:  a folder that does not hold a workspace yet.
Out: config.yaml, two fictional customers, a segment, a layout, an email and a campaign, each ready to be
     changed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from nurture.errors import Finding, InputError, OutsideError

FILES = (
    "config.yaml",
    "customers.csv",
    "segments/everyone.yaml",
    "templates/emails/layouts/base.mjml",
    "templates/emails/hello.mjml",
    "campaigns/hello.yaml",
)


def write_workspace(folder: Path) -> list[Path]:
    """Write the first files of a workspace; nothing that is there is touched.

    Raises:
        InputError: the folder holds a workspace already.
        OutsideError: the folder cannot be written.
    """
    if (folder / "config.yaml").exists():
        raise InputError(Finding(str(folder), "This folder holds a workspace already.", "Name another one."))
    here = Path(__file__).parent
    written = []
    try:
        for name in FILES:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copyfile(here / name, target)
                written.append(target)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text(".nurture/\n*.db\n*.db-shm\n*.db-wal\n*.set-aside.csv\n", encoding="utf-8")
    except OSError as error:
        raise OutsideError(Finding(str(folder), f"It cannot be written: {error.strerror}.")) from None
    return written
