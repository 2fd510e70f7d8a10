"""Templates: emails in MJML and Jinja, compiled once per run and rendered for each customer.

In:  template files, the brand and sender of the workspace, a customer's data.
Out: subject, HTML and text, with links that lead through the click counter.
"""

from nurture.templates.audience import AudienceReport, Shortfall, check_audience
from nurture.templates.check import Report, Speed, check_template, report
from nurture.templates.compile import compile_template, compile_with, known_values
from nurture.templates.compiled import CompiledEmail, CompiledVariant, LinkSlot
from nurture.templates.context import contexts, recipient_urls
from nurture.templates.render import Rendered, Renderer
from nurture.templates.sample_context import full_context, sparse_context
from nurture.templates.source import Template, load_file, load_template, template_names

__all__ = [
    "AudienceReport",
    "CompiledEmail",
    "CompiledVariant",
    "LinkSlot",
    "Rendered",
    "Renderer",
    "Report",
    "Shortfall",
    "Speed",
    "Template",
    "check_audience",
    "check_template",
    "compile_template",
    "compile_with",
    "contexts",
    "full_context",
    "known_values",
    "load_file",
    "load_template",
    "recipient_urls",
    "report",
    "sparse_context",
    "template_names",
]
