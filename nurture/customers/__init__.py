"""People in and out: import, one person on one page, lists, exports."""

from nurture.customers.importing import ImportOptions, import_customers
from nurture.customers.report import ImportReport

__all__ = ["ImportOptions", "ImportReport", "import_customers"]
