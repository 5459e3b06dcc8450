"""Send messages to devices beside letters; note when a prompt was opened; let people try their channels."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

ONCE = {
    "uq_deliveries_prompt": (["prompt_id", "round"], "mail"),
    "uq_deliveries_prompt_device": (["prompt_id", "device_id", "round"], "push"),
    "uq_deliveries_notice": (["notice_id"], "mail"),
    "uq_deliveries_notice_device": (["notice_id", "device_id"], "push"),
}


def upgrade() -> None:
    _add_devices()
    with op.batch_alter_table("prompts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_notices_kind_known"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_notices_kind_known"),
            "kind IN ('before', 'moved', 'cancelled', 'kept', 'address_changed', 'complaint', 'trial')",
        )
    _let_deliveries_go_to_devices()


def _add_devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("endpoint", sa.String(length=1000), nullable=False),
        sa.Column("p256dh", sa.LargeBinary(length=65), nullable=False),
        sa.Column("auth", sa.LargeBinary(length=16), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("hint", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_devices_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_devices_session_id_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_devices_endpoint")),
    )
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_devices_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_devices_session_id"), ["session_id"], unique=False)


def _let_deliveries_go_to_devices() -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("device_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_deliveries_device_id_devices"), "devices", ["device_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.drop_constraint(batch_op.f("uq_deliveries_prompt_id_channel_round"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_deliveries_notice_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("ck_deliveries_channel_known"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_deliveries_channel_known"), "channel IN ('mail', 'push')")
        batch_op.create_check_constraint(
            batch_op.f("ck_deliveries_device_of_push"), "channel = 'push' OR device_id IS NULL"
        )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliveries_device_id"), ["device_id"], unique=False)
    for name, (columns, channel) in ONCE.items():
        where = sa.text(f"channel = '{channel}'")
        op.create_index(name, "deliveries", columns, unique=True, sqlite_where=where, postgresql_where=where)
