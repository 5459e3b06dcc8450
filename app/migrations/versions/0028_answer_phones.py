"""Answer what phones kept while they were away: once, and what leads nowhere yet as well."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "jottings",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('line', 'promise', 'fit', 'step')", name=op.f("ck_jottings_kind_known")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_jottings_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "op_id", "kind", name=op.f("pk_jottings")),
    )
    op.create_table(
        "receipts",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("fingerprint", sa.String(length=26), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=True),
        sa.Column("attendance_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["about_id"], ["people.id"], name=op.f("fk_receipts_about_id_people"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_receipts_attendance_id_attendance"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_receipts_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "op_id", name=op.f("pk_receipts")),
    )
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipts_about_id"), ["about_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_receipts_answered_at"), ["answered_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_receipts_attendance_id"), ["attendance_id"], unique=False)

    op.create_table(
        "strays",
        sa.Column("observer_id", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(length=9), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("attendance_id", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("why IN ('unknown', 'withdrawn', 'not_here', 'settled')", name=op.f("ck_strays_why_known")),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_strays_attendance_id_attendance"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_strays_event_id_events"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["observer_id"], ["people.id"], name=op.f("fk_strays_observer_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["people.id"], name=op.f("fk_strays_owner_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("observer_id", "op_id", name=op.f("pk_strays")),
    )
    with op.batch_alter_table("strays", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_strays_attendance_id"), ["attendance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_strays_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_strays_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_strays_received_at"), ["received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_strays_token_hash"), ["token_hash"], unique=False)
