"""Sample data: a fictional maker of industrial parts, its customers, and what they bought.

In:  the day that counts as today.
Out: CSV files that `nurture customers import` reads, the same for the same day.
"""

from nurture.samples.write import (
    ACTIVITY_COLUMNS,
    CUSTOMER_COLUMNS,
    PURCHASE_COLUMNS,
    SAMPLE_DAY,
    Sample,
    write_sample,
)

__all__ = ["ACTIVITY_COLUMNS", "CUSTOMER_COLUMNS", "PURCHASE_COLUMNS", "SAMPLE_DAY", "Sample", "write_sample"]
