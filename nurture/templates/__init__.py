"""Templates: emails in MJML and Jinja, compiled once per run and rendered for each customer.

In:  template files, the brand and sender of the workspace, a customer's data.
Out: subject, HTML and text, with links that lead through the click counter.
"""

from nurture.templates.compile import compile_template, compile_with, known_values
from nurture.templates.compiled import CompiledEmail, CompiledVariant, LinkSlot
from nurture.templates.render import Rendered, Renderer
from nurture.templates.source import Template, load_file, load_template, template_names

__all__ = [
    "CompiledEmail",
    "CompiledVariant",
    "LinkSlot",
    "Rendered",
    "Renderer",
    "Template",
    "compile_template",
    "compile_with",
    "known_values",
    "load_file",
    "load_template",
    "template_names",
]
