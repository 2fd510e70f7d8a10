"""The store: SQLModel tables, the engine, and migrations.

Single things may be handled as SQLModel objects; wherever people are many, statements are
written with `nurture.store.tables`.
"""

from nurture.store.engine import Store, open_store

__all__ = ["Store", "open_store"]
