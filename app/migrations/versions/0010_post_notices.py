"""Post notices to addresses, and remember those that want none."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "removed_addresses",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=26), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "digest", name=op.f("pk_removed_addresses")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("attendance_id", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('before', 'moved', 'cancelled', 'kept', 'address_changed', 'complaint')",
            name=op.f("ck_notices_kind_known"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_notices_email_is_lower")),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_notices_attendance_id_attendance"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_notices_event_id_events"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_notices_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_notices_kind_subject")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_attendance_id"), ["attendance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_due_at"), ["due_at"], unique=False)
        batch_op.create_index("ix_notices_email", ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("notice_id", sa.Integer(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_deliveries_notice_id"), ["notice_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_deliveries_notice_id_notices"), "notices", ["notice_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.drop_constraint("carries_one_thing", type_="check")
        batch_op.create_check_constraint(
            "carries_one_thing",
            "CASE WHEN prompt_id IS NULL THEN 0 ELSE 1 END + CASE WHEN notice_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN code_id IS NULL THEN 0 ELSE 1 END = 1",
        )
