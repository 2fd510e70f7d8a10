"""The first tables"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from nurture.store.types import Json, Money, RowId, UtcDateTime

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "companies",
        sa.Column("id", RowId, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("match_key", sa.String(), nullable=False),
        sa.Column("industry", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("founded_md", sa.Integer(), nullable=True),
        sa.Column("attributes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("match_key"),
    )
    op.create_index("ix_companies_founded_md", "companies", ["founded_md"])
    op.create_index("ix_companies_industry", "companies", ["industry"])
    op.create_table(
        "runs",
        sa.Column("id", RowId, nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("topic", sa.String(), nullable=True),
        sa.Column("on_doubt", sa.String(), nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("campaign", "occurrence"),
    )
    op.create_table(
        "suppressions",
        sa.Column("id", RowId, nullable=False),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address_hash"),
    )
    op.create_table(
        "customers",
        sa.Column("id", RowId, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("family_name", sa.String(), nullable=True),
        sa.Column("given_name", sa.String(), nullable=True),
        sa.Column("family_kana", sa.String(), nullable=True),
        sa.Column("given_kana", sa.String(), nullable=True),
        sa.Column("honorific", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("birthday_md", sa.Integer(), nullable=True),
        sa.Column("company_id", RowId, nullable=True),
        sa.Column("tracking", sa.Boolean(), nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("max_per_month", sa.Integer(), nullable=True),
        sa.Column("attributes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_key"),
    )
    op.create_index("ix_customers_address_hash", "customers", ["address_hash"])
    op.create_index("ix_customers_birthday_md", "customers", ["birthday_md"])
    op.create_index("ix_customers_company_id", "customers", ["company_id"])
    op.create_index("ix_customers_locale", "customers", ["locale"])
    op.create_index("ix_customers_owner", "customers", ["owner"])
    op.create_table(
        "links",
        sa.Column("id", RowId, nullable=False),
        sa.Column("run_id", RowId, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "step", "key"),
    )
    op.create_table(
        "run_emails",
        sa.Column("run_id", RowId, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("compiled", Json, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
        sa.PrimaryKeyConstraint("run_id", "step"),
    )
    op.create_table(
        "activities",
        sa.Column("id", RowId, nullable=False),
        sa.Column("customer_id", RowId, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("value", Money(), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id", "kind", "external_id"),
    )
    op.create_index("ix_activities_customer_kind_day", "activities", ["customer_id", "kind", "happened_on"])
    op.create_index("ix_activities_kind_day", "activities", ["kind", "happened_on"])
    op.create_table(
        "consents",
        sa.Column("id", RowId, nullable=False),
        sa.Column("customer_id", RowId, nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id", "basis", "given_on"),
    )
    op.create_index("ix_consents_customer_id", "consents", ["customer_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", RowId, nullable=False),
        sa.Column("run_id", RowId, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("customer_id", RowId, nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("enhanced", sa.String(), nullable=True),
        sa.Column("reply", sa.String(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "step", "customer_id", "occurrence"),
    )
    op.create_index("ix_deliveries_customer_sent", "deliveries", ["customer_id", "sent_at"])
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["due_at", "id"],
        sqlite_where=sa.text("state IN ('queued', 'deferred')"),
        postgresql_where=sa.text("state IN ('queued', 'deferred')"),
    )
    op.create_index(
        "ix_deliveries_lease",
        "deliveries",
        ["lease_until"],
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index("ix_deliveries_run_state", "deliveries", ["run_id", "state", "id"])
    op.create_table(
        "lead_changes",
        sa.Column("id", RowId, nullable=False),
        sa.Column("customer_id", RowId, nullable=False),
        sa.Column("old_state", sa.String(), nullable=True),
        sa.Column("new_state", sa.String(), nullable=True),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_lead_changes_customer_at", "lead_changes", ["customer_id", "at"])
    op.create_table(
        "lead_states",
        sa.Column("customer_id", RowId, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("contact", sa.Boolean(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("judged_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.create_index("ix_lead_states_state", "lead_states", ["state"])
    op.create_table(
        "purchases",
        sa.Column("id", RowId, nullable=False),
        sa.Column("customer_id", RowId, nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("amount", Money(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("purchased_on", sa.Date(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id", "external_id"),
    )
    op.create_index("ix_purchases_customer_day", "purchases", ["customer_id", "purchased_on"])
    op.create_index("ix_purchases_day", "purchases", ["purchased_on"])
    op.create_index("ix_purchases_product", "purchases", ["product"])
    op.create_table(
        "special_days",
        sa.Column("id", RowId, nullable=False),
        sa.Column("customer_id", RowId, nullable=True),
        sa.Column("company_id", RowId, nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("md", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id", "company_id", "name"),
    )
    op.create_index("ix_special_days_company_id", "special_days", ["company_id"])
    op.create_index("ix_special_days_customer_id", "special_days", ["customer_id"])
    op.create_index("ix_special_days_name_md", "special_days", ["name", "md"])
    op.create_table(
        "topic_refusals",
        sa.Column("customer_id", RowId, nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("customer_id", "topic"),
    )
    op.create_table(
        "totals",
        sa.Column("customer_id", RowId, nullable=False),
        sa.Column("purchases", sa.Integer(), nullable=False),
        sa.Column("spent", Money(), nullable=False),
        sa.Column("first_purchase_on", sa.Date(), nullable=True),
        sa.Column("last_purchase_on", sa.Date(), nullable=True),
        sa.Column("activities", sa.Integer(), nullable=False),
        sa.Column("last_activity_on", sa.Date(), nullable=True),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("last_received_on", sa.Date(), nullable=True),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("last_open_on", sa.Date(), nullable=True),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.Column("last_click_on", sa.Date(), nullable=True),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.Column("last_bounce_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.create_index("ix_totals_last_activity_on", "totals", ["last_activity_on"])
    op.create_index("ix_totals_last_click_on", "totals", ["last_click_on"])
    op.create_index("ix_totals_last_purchase_on", "totals", ["last_purchase_on"])
    op.create_index("ix_totals_last_received_on", "totals", ["last_received_on"])
    op.create_index("ix_totals_spent", "totals", ["spent"])
    op.create_table(
        "doubts",
        sa.Column("id", RowId, nullable=False),
        sa.Column("delivery_id", RowId, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("noticed_at", UtcDateTime(), nullable=False),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("delivery_id", "attempt"),
    )
    op.create_index("ix_doubts_delivery_id", "doubts", ["delivery_id"])
    op.create_table(
        "hits",
        sa.Column("id", RowId, nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("delivery_id", RowId, nullable=False),
        sa.Column("run_id", RowId, nullable=False),
        sa.Column("customer_id", RowId, nullable=False),
        sa.Column("link_id", RowId, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"]),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_hits_at", "hits", ["at"])
    op.create_index("ix_hits_customer_kind_day", "hits", ["customer_id", "kind", "happened_on"])
    op.create_index("ix_hits_delivery_at", "hits", ["delivery_id", "at"])
    op.create_index("ix_hits_run_kind", "hits", ["run_id", "kind"])
    op.create_table(
        "clicks",
        sa.Column("id", RowId, nullable=False),
        sa.Column("hit_id", RowId, nullable=False),
        sa.Column("delivery_id", RowId, nullable=False),
        sa.Column("customer_id", RowId, nullable=False),
        sa.Column("run_id", RowId, nullable=False),
        sa.Column("link_id", RowId, nullable=True),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"]),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"]),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hit_id"),
    )
    op.create_index("ix_clicks_customer_day", "clicks", ["customer_id", "happened_on"])
    op.create_index("ix_clicks_delivery_id", "clicks", ["delivery_id"])
    op.create_index("ix_clicks_run", "clicks", ["run_id"])
    op.create_table(
        "verdicts",
        sa.Column("hit_id", RowId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("judged_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"]),
        sa.PrimaryKeyConstraint("hit_id", "version"),
    )
    op.create_index(
        "ix_verdicts_unsettled",
        "verdicts",
        ["hit_id"],
        sqlite_where=sa.text("settled = 0"),
        postgresql_where=sa.text("NOT settled"),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
