"""Keep in each index of deliveries only what is looked for in it: every step of every delivery writes into them all."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

KEPT = (
    ("ix_deliveries_message_id", ("message_id",), "channel = 'mail' AND message_id <> ''", False),
    ("ix_deliveries_device_id", ("device_id",), "device_id IS NOT NULL", False),
    ("uq_deliveries_prompt", ("prompt_id", "round"), "channel = 'mail' AND prompt_id IS NOT NULL", True),
    (
        "uq_deliveries_prompt_device",
        ("prompt_id", "device_id", "round"),
        "channel = 'push' AND prompt_id IS NOT NULL",
        True,
    ),
    ("uq_deliveries_notice", ("notice_id",), "channel = 'mail' AND notice_id IS NOT NULL", True),
    ("uq_deliveries_notice_device", ("notice_id", "device_id"), "channel = 'push' AND notice_id IS NOT NULL", True),
)


def upgrade() -> None:
    for name, columns, where, unique in KEPT:
        there = sa.text(where)
        op.drop_index(op.f(name), "deliveries")
        op.create_index(
            op.f(name), "deliveries", list(columns), unique=unique, sqlite_where=there, postgresql_where=there
        )
    if op.get_bind().dialect.name == "postgresql":
        # What is sealed does not grow shorter: PostgreSQL need not try.
        op.execute("ALTER TABLE deliveries ALTER COLUMN frozen SET STORAGE EXTERNAL")
