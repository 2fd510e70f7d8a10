"""How Alembic runs here: always on the connection that `nurture.store.migrations.running` hands over."""

from alembic import context

from nurture.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite cannot alter most things in place; Alembic copies the table instead.
    render_as_batch=True,
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
