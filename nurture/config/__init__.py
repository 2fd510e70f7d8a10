"""The workspace: a folder with `config.yaml`, segments, templates and campaigns.

In:  the folder, and the environment (`NURTURE_*`).
Out: a Workspace value; nothing else in nurture reads the environment.
"""

from nurture.config.load import open_workspace
from nurture.config.models import Config
from nurture.config.workspace import Workspace

__all__ = ["Config", "Workspace", "open_workspace"]
